package browser

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/store"
)

func TestATrustedBrowser(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	trusted := Trusted{Cookies: Cookies{Secure: true}, Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, For: 30 * 24 * time.Hour, Now: func() time.Time { return now }}
	ann, ben := store.User{Sub: "ann", Generation: 7}, store.User{Sub: "ben", Generation: 7}
	w := httptest.NewRecorder()
	trusted.Remember(w, httptest.NewRequest("POST", "/login/factor", nil), ann)
	cookie := w.Result().Cookies()[0]
	if cookie.Name != "__Host-gh_trust" || !cookie.HttpOnly || !cookie.Secure || cookie.MaxAge != 30*24*3600 {
		t.Errorf("cookie = %v, want __Host-gh_trust, HttpOnly and Secure, for 30 days", cookie)
	}
	by := func(trusted Trusted, u store.User) bool {
		r := httptest.NewRequest("POST", "/login", nil)
		r.AddCookie(cookie)
		return trusted.By(r, u)
	}
	changed := ann
	changed.Generation++
	off, other := trusted, trusted
	off.For, other.Sealer = 0, cursor.Sealer{Keys: cursor.Fixed([32]byte{2})}
	for what, c := range map[string]struct {
		got, want bool
	}{
		"its person":                 {by(trusted, ann), true},
		"another person":             {by(trusted, ben), false},
		"after a change of a factor": {by(trusted, changed), false},
		"where it is switched off":   {by(off, ann), false},
		"sealed with another key":    {by(other, ann), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: trusted %t, want %t", what, c.got, c.want)
		}
	}
	if now = now.Add(trusted.For); by(trusted, ann) {
		t.Error("after 30 days it is trusted, want not")
	}
}

// The last few people who trust a browser are kept, in a cookie of a fair size.
func TestManyPeopleTrustABrowser(t *testing.T) {
	trusted := Trusted{Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, For: time.Hour, Now: time.Now}
	r := httptest.NewRequest("POST", "/login/factor", nil)
	for i := range maxTrusted + 2 {
		w := httptest.NewRecorder()
		trusted.Remember(w, r, store.User{Sub: fmt.Sprintf("%036d", i), Generation: 1 << 41})
		r = httptest.NewRequest("POST", "/login/factor", nil)
		cookie := w.Result().Cookies()[0]
		if len(cookie.Value) > maxKnownBytes {
			t.Fatalf("the cookie has %d bytes, want at most %d", len(cookie.Value), maxKnownBytes)
		}
		r.AddCookie(cookie)
	}
	for i, want := range []bool{false, false, true, true, true, true, true} {
		if got := trusted.By(r, store.User{Sub: fmt.Sprintf("%036d", i), Generation: 1 << 41}); got != want {
			t.Errorf("person %d: trusted %t, want %t", i, got, want)
		}
	}
}
