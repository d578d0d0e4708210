// Package loopback recognises the addresses of this machine itself. They do not need TLS,
// because nobody can listen in between.
package loopback

import (
	"net/netip"
	"strconv"
	"strings"
)

// Host reports whether host is this machine, by a loopback address or the name localhost.
// It does not resolve other names, because they may lead elsewhere tomorrow. It refuses an
// address with a zone, because a zone names an interface.
func Host(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback() && ip.Zone() == ""
}

// Localhost is the origin that Split returns for the name localhost, which a machine may
// resolve in its own way (RFC 8252 §8.3).
const Localhost = "http://localhost"

// Split cuts an http URI of one of the two loopback addresses, or of localhost, into the
// parts before and after the port (RFC 8252 §7.3). It does not parse the URI, so that two
// parsers cannot disagree about it.
func Split(uri string) (origin, rest string, ok bool) {
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]", Localhost} {
		if after, found := strings.CutPrefix(uri, origin); found {
			rest, ok := afterPort(after)
			return origin, rest, ok
		}
	}
	return "", "", false
}

// afterPort cuts off the port, if s begins with one. The rest must begin a path or a query:
// "@" or "." would make it the address of another host.
func afterPort(s string) (rest string, ok bool) {
	if digits, found := strings.CutPrefix(s, ":"); found {
		end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(digits)
		}
		port, err := strconv.ParseUint(digits[:end], 10, 16)
		if err != nil || port == 0 || digits[0] == '0' {
			return "", false
		}
		s = digits[end:]
	}
	return s, s == "" || s[0] == '/' || s[0] == '?'
}
