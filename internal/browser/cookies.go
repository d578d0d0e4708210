package browser

import (
	"encoding/base64"
	"net/http"

	"gatehouse/internal/secret"
)

// Cookies reads and writes the two cookies of our pages. Neither is readable by a
// script, and neither comes along when another site posts a form to us.
type Cookies struct {
	// Secure is set where the issuer is https. Then the names begin with __Host-:
	// no neighbouring host and no plain http page can plant one (RFC 6265bis §4.1.3.2).
	Secure bool
}

const (
	sessionCookie = "gh_sid"
	visitorCookie = "gh_pre"
)

// Session is the value of the cookie of somebody who signed in, or "".
func (c Cookies) Session(r *http.Request) string { return c.read(r, sessionCookie) }

// SetSession gives the browser a session. It ends with the browser at the latest.
func (c Cookies) SetSession(w http.ResponseWriter, value string) { c.write(w, sessionCookie, value, 0) }

// ClearSession takes it away.
func (c Cookies) ClearSession(w http.ResponseWriter) { c.write(w, sessionCookie, "", -1) }

// Pre is the value of the cookie that ties an authorization request to the
// browser that began it, or "". It proves nothing about a person.
func (c Cookies) Pre(r *http.Request) string { return c.read(r, visitorCookie) }

// EnsurePre is Pre, and gives the browser such a cookie if it has none.
func (c Cookies) EnsurePre(w http.ResponseWriter, r *http.Request) string {
	if value := c.Pre(r); value != "" {
		return value
	}
	value := secret.New()
	c.write(w, visitorCookie, value, 0)
	return value
}

func (c Cookies) name(base string) string {
	if c.Secure {
		return "__Host-" + base
	}
	return base
}

// read returns a value that we could have given, or "". Two cookies of one name
// are none: we cannot tell which of them is ours.
func (c Cookies) read(r *http.Request, base string) string {
	found := r.CookiesNamed(c.name(base))
	if len(found) != 1 {
		return ""
	}
	value := found[0].Value
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(value); err != nil || len(raw) != secret.Bytes {
		return ""
	}
	return value
}

// write sets the cookie. Lax, and not Strict: an app's link to the authorization
// endpoint must find the person signed in.
func (c Cookies) write(w http.ResponseWriter, base, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure wherever there is TLS
		Name: c.name(base), Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
