package testkit

import (
	"html"
	"net/http"
	"regexp"
)

var refresh = regexp.MustCompile(`<meta http-equiv="refresh" content="0; url=([^"]*)">`)

// GoesOn returns the address to which an answer takes a browser without being asked: that
// of a redirect, or of a page that goes on by itself. It returns "" if the browser stays.
func GoesOn(header http.Header, body string) string {
	if m := refresh.FindStringSubmatch(body); m != nil {
		return html.UnescapeString(m[1])
	}
	return header.Get("Location")
}
