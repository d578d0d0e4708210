package web

import (
	"net/url"
	"slices"
	"strings"
)

// Policy is the Content-Security-Policy of a page: no inline code, nothing from
// elsewhere, in nobody's frame. Its forms lead to us and to the sources given; an
// empty one is left out.
//
// Chromium asks form-action of the redirects that follow a form as well, also of
// those beyond the app's redirect URI; so a page whose form ends at an app names
// the app's origins here.
func Policy(formAction ...string) string {
	sources := slices.DeleteFunc(append([]string{"'self'"}, formAction...), func(s string) bool { return s == "" })
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action " +
		strings.Join(sources, " ") +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// Source is the CSP source of an address (CSP 3 §2.3.1): the origin of a web
// address; the scheme of a private one, which has no origin, and of one with an
// IPv6 address, which CSP cannot express. It is empty for an address that must not
// stand in a header.
func Source(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || strings.ContainsFunc(u.Host, notInSource) {
		return ""
	}
	if web := u.Scheme == "https" || u.Scheme == "http"; !web || strings.Contains(u.Host, "[") {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// notInSource: what would end the source or the policy, or make the source match
// more than one host.
func notInSource(r rune) bool { return r <= ' ' || r >= 0x7F || strings.ContainsRune(";,*'", r) }
