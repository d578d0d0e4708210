package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"gatehouse/internal/secret"
)

// Cookies reads and writes the cookies of our pages. Scripts cannot read them, and
// browsers do not send them when another site posts a form to us.
type Cookies struct {
	// Secure is set if the issuer is https. The names then begin with __Host-, so that
	// neither a neighbouring host nor a plain http page can set them (RFC 6265bis
	// §4.1.3.2).
	Secure bool
	// Base is the path of the issuer, or "". The cookies' names end in a digest of it, so
	// that servers at several paths of one host keep theirs apart: a cookie whose name
	// begins with __Host- has the path /.
	Base string
}

const (
	sessionCookie = "gh_sid"
	visitorCookie = "gh_pre"
	flashCookie   = "gh_flash"
	waitingCookie = "gh_wait"
)

// Session returns the value of the session cookie, or "".
func (c Cookies) Session(r *http.Request) string { return c.read(r, sessionCookie) }

// SetSession sets the session cookie, which the browser keeps until it is closed.
func (c Cookies) SetSession(w http.ResponseWriter, value string) { c.write(w, sessionCookie, value, 0) }

// KeepSession sets the session cookie, which the browser keeps for life, also when it is
// closed.
func (c Cookies) KeepSession(w http.ResponseWriter, value string, life time.Duration) {
	c.write(w, sessionCookie, value, int(life/time.Second))
}

// ClearSession deletes the session cookie.
func (c Cookies) ClearSession(w http.ResponseWriter) { c.write(w, sessionCookie, "", -1) }

// Pre returns the value of the cookie that binds an authorization request to the
// browser that began it, or "". It says nothing about a person.
func (c Cookies) Pre(r *http.Request) string { return c.read(r, visitorCookie) }

// EnsurePre returns the same value as Pre, and sets a new cookie if the browser has none.
func (c Cookies) EnsurePre(w http.ResponseWriter, r *http.Request) string {
	if value := c.Pre(r); value != "" {
		return value
	}
	value := secret.New()
	c.write(w, visitorCookie, value, 0)
	return value
}

// flashLife is how long a message may wait for the page that shows it, in seconds.
const flashLife = 60

// maxFlashBytes is more than a message of ours has.
const maxFlashBytes = 2048

// Flash returns the sealed message that waits for the next page, or "".
func (c Cookies) Flash(r *http.Request) string {
	if value := c.only(r, flashCookie); len(value) <= maxFlashBytes {
		return value
	}
	return ""
}

// SetFlash leaves a sealed message for the next page.
func (c Cookies) SetFlash(w http.ResponseWriter, value string) {
	c.write(w, flashCookie, value, flashLife)
}

// ClearFlash deletes the message.
func (c Cookies) ClearFlash(w http.ResponseWriter) { c.write(w, flashCookie, "", -1) }

// Waiting returns the name of the sign-in that waits in this browser for a second factor,
// or "".
func (c Cookies) Waiting(r *http.Request) string { return c.read(r, waitingCookie) }

// SetWaiting sets the name of a waiting sign-in.
func (c Cookies) SetWaiting(w http.ResponseWriter, value string, lasts time.Duration) {
	c.write(w, waitingCookie, value, int(lasts/time.Second))
}

// ClearWaiting deletes it.
func (c Cookies) ClearWaiting(w http.ResponseWriter) { c.write(w, waitingCookie, "", -1) }

func (c Cookies) name(base string) string {
	if c.Base != "" {
		digest := sha256.Sum256([]byte(c.Base))
		base += "_" + hex.EncodeToString(digest[:6])
	}
	if c.Secure {
		return "__Host-" + base
	}
	return base
}

// only returns the value of the only cookie of a name, or "". It ignores two of one name,
// because we cannot tell which of them is ours.
func (c Cookies) only(r *http.Request, base string) string {
	found := r.CookiesNamed(c.name(base))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// read returns a value that has the form of ours, or "".
func (c Cookies) read(r *http.Request, base string) string {
	value := c.only(r, base)
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(value); err != nil || len(raw) != secret.Bytes {
		return ""
	}
	return value
}

// write sets a cookie. SameSite is Lax and not Strict because the cookie must come with
// an app's link to the authorization endpoint.
func (c Cookies) write(w http.ResponseWriter, base, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure wherever there is TLS
		Name: c.name(base), Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
