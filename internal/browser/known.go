package browser

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/internal/secret"
	"gatehouse/internal/throttle"
)

// Known reads and writes the cookie by which a browser shows that people signed in with
// it before. It proves nothing about who is there now: it only gives those people's tries
// a count of their own (throttle.WithBrowser), so that a guesser nearby cannot keep them
// out. A stolen one is therefore worth a few tries at the passwords of its people.
//
// The cookie is authenticated, so that nothing is kept here, and strangers can leave
// nothing behind. It names people by digests that differ between browsers.
type Known struct {
	Cookies Cookies
	Sealer  cursor.Sealer
	Now     func() time.Time
}

const (
	knownCookie = "gh_known"
	// knownLife is how long the cookie is good after the last sign-in: as long as browsers
	// keep any (RFC 6265bis §5.5).
	knownLife = 400 * 24 * time.Hour
	// maxKnown is how many people a browser is known to; it forgets the one who signed in
	// longest ago.
	maxKnown = 5
	// maxKnownBytes is more than a cookie with that many people has.
	maxKnownBytes = 1024
)

// A knownBrowser is what the cookie says.
type knownBrowser struct {
	Browser string   `json:"b"`
	At      int64    `json:"t"` // the last sign-in, in Unix seconds
	People  []string `json:"p"` // digests, the latest first
}

func (b knownBrowser) digest(sub string) string {
	sum := sha256.Sum256([]byte(b.Browser + " " + sub))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Context returns ctx for a request in which the tries of people who signed in with its
// browser before have a count of their own.
func (k Known) Context(ctx context.Context, r *http.Request) context.Context {
	b, ok := k.read(r)
	if !ok {
		return ctx
	}
	return throttle.WithBrowser(ctx, func(sub string) string {
		if !slices.Contains(b.People, b.digest(sub)) {
			return ""
		}
		return b.Browser
	})
}

// Remember sets the cookie after a person has signed in.
func (k Known) Remember(w http.ResponseWriter, r *http.Request, sub string) {
	b, ok := k.read(r)
	if !ok {
		b = knownBrowser{Browser: secret.New()}
	}
	me := b.digest(sub)
	b.At = k.Now().Unix()
	b.People = slices.Insert(slices.DeleteFunc(b.People, func(p string) bool { return p == me }), 0, me)
	b.People = b.People[:min(len(b.People), maxKnown)]
	value, err := k.Sealer.Seal(knownCookie, b)
	if err != nil {
		return // it never fails for text and a number; the person is signed in all the same
	}
	k.Cookies.write(w, knownCookie, value, int(knownLife/time.Second))
}

// read returns what a cookie of ours says.
func (k Known) read(r *http.Request) (b knownBrowser, ok bool) {
	value := k.Cookies.only(r, knownCookie)
	if value == "" || len(value) > maxKnownBytes || k.Sealer.Open(knownCookie, value, &b) != nil {
		return knownBrowser{}, false
	}
	return b, k.Now().Sub(time.Unix(b.At, 0)) < knownLife
}
