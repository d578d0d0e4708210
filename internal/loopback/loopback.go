// Package loopback tells the addresses of this machine itself, which need no TLS:
// nobody sits between.
package loopback

import (
	"net/netip"
	"strconv"
	"strings"
)

// Host reports whether host is this machine, by an address or by the name
// localhost. Other names are not resolved: they may lead elsewhere tomorrow. An
// address with a zone is none, because a zone names an interface.
func Host(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback() && ip.Zone() == ""
}

// Split cuts an http URI of one of the two loopback addresses into what comes before
// the port and what comes after it (RFC 8252 §7.3). It does not parse the URI, so
// that no two readings of it can differ.
func Split(uri string) (origin, rest string, ok bool) {
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]"} {
		if after, found := strings.CutPrefix(uri, origin); found {
			rest, ok := afterPort(after)
			return origin, rest, ok
		}
	}
	return "", "", false
}

// afterPort cuts a port off, if there is one. What follows must begin a path or a
// query: "@" or "." would make the address another host's.
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
