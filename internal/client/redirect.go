package client

import (
	"cmp"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/loopback"
)

// RedirectFault returns why a URI cannot be registered as a redirect URI, or "".
func RedirectFault(uri string) string {
	return cmp.Or(redirectFault(uri), answerFault(uri, answerParameters))
}

// redirectFault returns why a URI cannot be registered, or "".
//
// It allows https, http to a loopback host (RFC 8252 §7.3), and private schemes, which
// have a dot because they are made of a domain name (RFC 8252 §7.1). So it refuses
// every scheme that a browser runs or opens on its own, such as javascript and data,
// without a list of them.
func redirectFault(uri string) string {
	if len(uri) > maxURIBytes {
		return "A URI has no more than 2000 characters."
	}
	if strings.IndexFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7F || r == '\\' }) >= 0 {
		return "A URI has no blanks, backslashes, control or non-ASCII characters."
	}
	u, err := url.Parse(uri)
	switch {
	case isHostFirst(uri):
		return "A URI begins with its scheme; did you mean " + Meant(uri) + "?"
	case err != nil || u.Scheme == "":
		return "A URI begins with its scheme, such as https://."
	case strings.Contains(uri, "#"): // RFC 6749 §3.1.2
		return "A URI has no fragment."
	case u.User != nil:
		return "A URI has no user name and password."
	}
	return schemeFault(u)
}

// hostFirst matches what begins with a host, and perhaps a port. A parser would read the
// host in front of a port as a scheme.
var hostFirst = regexp.MustCompile(`^(([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+|localhost|\[::1\])(:[0-9]+)?(/|\?|$)`)

func isHostFirst(uri string) bool { return hostFirst.MatchString(uri) }

// Meant returns the URI that somebody meant who began with the host, or who wrote http for
// https; empty if that cannot be told.
func Meant(uri string) (meant string) {
	switch u, err := url.Parse(uri); {
	case isHostFirst(uri):
		meant = withScheme(uri)
	case err == nil && u.Scheme == "http" && u.Host != "" && !loopback.Host(u.Hostname()):
		meant = "https" + strings.TrimPrefix(u.String(), "http")
	}
	return meant
}

func withScheme(uri string) string {
	if u, err := url.Parse("http://" + uri); err == nil && loopback.Host(u.Hostname()) {
		return "http://" + uri
	}
	return "https://" + uri
}

// answerParameters are the parameters of our answers to authorization requests (RFC 6749
// §4.1.2, RFC 9207 §2, Session Management 1.0 §3), whether or not we send them today. A
// client that finds one twice may read the one that was registered.
var answerParameters = []string{"code", "state", "iss", "error", "error_description", "error_uri", "session_state"}

// logoutParameters are those of the way back after a logout (RP-Initiated Logout 1.0 §3).
var logoutParameters = []string{"state"}

// answerFault returns why our answers cannot be added to the query of a URI, or "". It
// reads names as generously as any client does: some also separate at ";", and some read
// "state[]" and " state" as "state".
func answerFault(uri string, ours []string) string {
	_, query, _ := strings.Cut(uri, "?")
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return "The query of a URI has no % without two hexadecimal digits."
		}
		name, _, _ = strings.Cut(name, "[")
		if name = strings.TrimSpace(name); slices.Contains(ours, name) {
			return "The query of a URI has no parameter \"" + name + "\": our answers have it."
		}
	}
	return ""
}

func schemeFault(u *url.URL) string {
	switch {
	case u.Scheme == "https" || u.Scheme == "http" && loopback.Host(u.Hostname()):
		if u.Opaque != "" || !IsHost(u.Hostname()) {
			return "Enter the URI of one host."
		}
	case u.Scheme == "http":
		return "Only https is allowed, except to 127.0.0.1, [::1] and localhost; did you mean " + Meant(u.String()) + "?"
	case !strings.Contains(u.Scheme, "."):
		return "Only https is allowed, and private schemes that are made of a domain name, as com.example.app."
	}
	return ""
}

// IsHost reports whether host is one name or address. A name has the characters of DNS
// names and the underscore. RFC 3986 §3.2.2 also allows others and percent-encoding,
// which url.Parse and browsers may decode to different hosts.
func IsHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return host != "" && strings.IndexFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// backchannelFault returns why logout tokens cannot be sent to a URI, or "" (OIDC
// Back-Channel Logout 1.0 §2.2).
func backchannelFault(uri string) string {
	if fault := redirectFault(uri); fault != "" {
		return fault
	}
	if u, err := url.Parse(uri); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "Only https is allowed, and http to 127.0.0.1, [::1] and localhost."
	}
	return ""
}

// keysFault returns why keys cannot be fetched from a URI, or "". The keys decide who
// can authenticate as the client, so the URI must be https.
func keysFault(uri string) string {
	if fault := redirectFault(uri); fault != "" {
		return fault
	}
	if u, err := url.Parse(uri); err != nil || u.Scheme != "https" {
		return "Only https is allowed."
	}
	return ""
}
