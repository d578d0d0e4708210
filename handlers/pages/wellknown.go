package pages

import (
	"fmt"
	"net/http"
	"time"

	"gatehouse/handlers"
	"gatehouse/web"
)

// WellKnown answers what browsers, password managers, search engines and finders of
// vulnerabilities ask any site for.
type WellKnown struct {
	// SecurityContact is the URI at which to report a vulnerability; empty: none.
	SecurityContact string
	Now             func() time.Time
}

func (e WellKnown) routes() []handlers.Route {
	return []handlers.Route{
		{Method: http.MethodGet, Path: "/favicon.ico", Serve: handlers.Plain(web.Favicon())},
		{Method: http.MethodGet, Path: "/robots.txt", Serve: e.Robots},
		{Method: http.MethodGet, Path: "/.well-known/change-password", Serve: e.ChangePassword},
		{Method: http.MethodGet, Path: "/.well-known/security.txt", Serve: e.SecurityText},
	}
}

// Robots keeps search engines out (RFC 9309): each of our pages is a step on somebody's
// way.
func (e WellKnown) Robots(w http.ResponseWriter, _ *http.Request) error {
	return plainText(w, "User-agent: *\nDisallow: /\n")
}

// PasswordPath is the page on which people change their password.
const PasswordPath = "/account/password"

// ChangePassword leads to where people change their password (W3C, A Well-Known URL for
// Changing Passwords).
func (e WellKnown) ChangePassword(w http.ResponseWriter, _ *http.Request) error {
	return SeeOther(w, PasswordPath)
}

// contactGood is how long a reader may rely on the contact (RFC 9116 §2.5.5).
const contactGood = 90 * 24 * time.Hour

// SecurityText says where to report a vulnerability (RFC 9116).
func (e WellKnown) SecurityText(w http.ResponseWriter, _ *http.Request) error {
	if e.SecurityContact == "" {
		return handlers.ErrNotFound
	}
	until := e.Now().Add(contactGood).Truncate(24 * time.Hour)
	return plainText(w, fmt.Sprintf("Contact: %s\nExpires: %s\nPreferred-Languages: en\n", e.SecurityContact, until.Format(time.RFC3339)))
}

func plainText(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, err := w.Write([]byte(text))
	return err
}
