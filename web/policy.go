package web

import (
	"net/url"
	"slices"
	"strings"
)

// Policy returns the Content-Security-Policy of a page: no inline code, nothing from
// other origins, and no framing. Its forms lead to us and to the given sources; empty
// ones are left out.
//
// Chromium also applies form-action to the redirects that follow a form, even to those
// beyond the app's redirect URI. So a page whose form ends at an app names the app's
// origins here.
func Policy(formAction ...string) string {
	sources := slices.DeleteFunc(append([]string{"'self'"}, formAction...), func(s string) bool { return s == "" })
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action " +
		strings.Join(sources, " ") +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// Source returns the CSP source of an address (CSP 3 §2.3.1): the origin of a web
// address, or the scheme of an address that has no origin (a private scheme) or whose
// host is an IPv6 address, which CSP cannot express. It is empty for an address that
// must not be in a header.
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

// notInSource reports whether a character would end the source or the policy, or make
// the source match more than one host.
func notInSource(r rune) bool { return r <= ' ' || r >= 0x7F || strings.ContainsRune(";,*'", r) }
