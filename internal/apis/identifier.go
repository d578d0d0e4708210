// Package apis is the registration of APIs: resource servers (RFC 6749 §1.1) that accept
// our access tokens, with their identifiers (RFC 8707), scopes and rules.
package apis

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// MaxIdentifierBytes bounds the identifier of an API.
const MaxIdentifierBytes = 255

// uriCharacters are those of RFC 3986 §2. So an identifier is also part of a scope-token
// (RFC 6749 §3.3), which has no quotation mark and no backslash.
var uriCharacters = regexp.MustCompile(`^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$`)

// Canonical returns the form in which an identifier of an API (RFC 8707 §2) is kept,
// compared and put into tokens: scheme and host in lower case, and the path "/" left out.
// Everything else stays byte for byte. The error is a sentence for the caller.
func Canonical(raw string) (string, error) {
	if len(raw) > MaxIdentifierBytes+1 {
		return "", errTooLong
	}
	if fault := identifierFault(raw); fault != "" {
		return "", errors.New(fault)
	}
	canonical := lowered(raw)
	if len(canonical) > MaxIdentifierBytes {
		return "", errTooLong
	}
	return canonical, nil
}

var errTooLong = fmt.Errorf("An identifier has no more than %d bytes.", MaxIdentifierBytes) //nolint:staticcheck,revive // a sentence for people

func identifierFault(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case !uriCharacters.MatchString(raw):
		return "An identifier has only the characters of URIs: no blanks, quotation marks or non-ASCII characters."
	case strings.Contains(raw, "#"):
		return "An identifier has no fragment."
	case err != nil || u.Scheme == "" || u.Scheme == "localhost" || strings.Contains(u.Scheme, "."):
		return "An identifier is an absolute URI: it begins with its scheme, as https://api.example.com does."
	case u.User != nil:
		return "An identifier has no user name and password."
	case u.Opaque == "" && u.Host == "" && u.Path == "" || isWeb(u) && u.Hostname() == "":
		return "An identifier has more than a scheme, as https://api.example.com does."
	case hasDotSegment(u.Path):
		return "The path of an identifier has no segment . or .. in it."
	}
	return ""
}

func isWeb(u *url.URL) bool { return u.Scheme == "https" || u.Scheme == "http" }

// hasDotSegment reports segments that a client may resolve before it sends the identifier.
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// lowered returns a valid identifier in its canonical form.
func lowered(raw string) string {
	scheme, rest, _ := strings.Cut(raw, ":")
	scheme = strings.ToLower(scheme)
	after, hasHost := strings.CutPrefix(rest, "//")
	if !hasHost {
		return scheme + ":" + rest
	}
	end := strings.IndexAny(after, "/?")
	if end < 0 {
		end = len(after)
	}
	host, tail := strings.ToLower(after[:end]), after[end:]
	if tail == "/" || strings.HasPrefix(tail, "/?") {
		tail = tail[1:]
	}
	return scheme + "://" + host + tail
}
