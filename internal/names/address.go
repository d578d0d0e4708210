package names

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The patterns are those of Django's EmailValidator, minus the forms that only help an
// attacker: a second "@", control characters and escapes in quotes, and a control
// character in percent encoding anywhere, which software on the way may decode.
var (
	dotAtom        = regexp.MustCompile("^[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+(\\.[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+)*$")
	quotedString   = regexp.MustCompile(`^"[!#-?A-\[\]-~]+"$`)
	encodedControl = regexp.MustCompile(`%([01][0-9A-Fa-f]|7[Ff])`)
	// RFC 1034 §3.1, and at least one dot.
	hostname = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)
)

const maxDomain = 253 // RFC 1035 §2.3.4, without the length bytes

// isAddress reports whether s is an e-mail address. The local part is ASCII, as in the
// accounts that come from Django; the domain may be an IDN.
func isAddress(s string) bool {
	local, _, ok := cutAddress(s)
	return ok && !encodedControl.MatchString(local) && (dotAtom.MatchString(local) || quotedString.MatchString(local))
}

// ReadsAsAddress reports whether people take the username s for an e-mail address. A host
// without a dot, as in ann@home, is not one on the Internet.
func ReadsAsAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at >= 0 && (strings.Contains(s[at:], ".") || isAddress(s))
}

// cutAddress cuts s at its last "@". It reports ok if a domain follows, and returns that
// in its canonical form. It does not check the local part.
func cutAddress(s string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", "", false
	}
	domain, ok = canonicalDomain(s[at+1:])
	return s[:at], domain, ok
}

// canonicalDomain returns the domain in lower-case ASCII (RFC 5891 §4), or as an address
// in brackets (RFC 5321 §4.1.3).
func canonicalDomain(s string) (string, bool) {
	if literal, ok := strings.CutPrefix(s, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(literal, "]"))
		return "[" + ip.String() + "]", err == nil && ip.Zone() == "" && strings.HasSuffix(s, "]")
	}
	if strings.ContainsFunc(s, invisible) {
		return "", false // IDNA would drop it, but it would still be displayed
	}
	if !isASCII(s) {
		if tooLongForIDNA(s) {
			return "", false
		}
		ascii, err := domainProfile().ToASCII(s)
		if err != nil {
			return "", false
		}
		s = ascii
	}
	s = strings.ToLower(s)
	return s, s == "localhost" || len(s) <= maxDomain && hostname.MatchString(s)
}

// tooLongForIDNA is checked first, because punycode takes time in the square of the
// length: 60 KB of letters took 4 s. A letter becomes at least one byte, so a text with
// more letters than a domain has bytes cannot be a domain.
func tooLongForIDNA(s string) bool {
	return len(s) > maxTypedBytes || utf8.RuneCountInString(norm.NFKC.String(s)) > maxDomain
}

func domainProfile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.Transitional(false))
}

// unquote removes quotes that change nothing: "ann"@example.com is the same as
// ann@example.com (RFC 5321 §4.1.2).
func unquote(local string) string {
	if quotedString.MatchString(local) && dotAtom.MatchString(local[1:len(local)-1]) {
		return local[1 : len(local)-1]
	}
	return local
}
