package web

import "strings"

// Policy is the Content-Security-Policy of a page: no inline code, nothing from
// elsewhere, in nobody's frame. Its forms lead to us and to the sources given.
//
// Chromium asks form-action of the redirects that follow a form as well, also of
// those beyond the app's redirect URI; so a page whose form ends at an app names
// the app's origins here.
func Policy(formAction ...string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action " +
		strings.Join(append([]string{"'self'"}, formAction...), " ") +
		"; base-uri 'none'; frame-ancestors 'none'"
}
