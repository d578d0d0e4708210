package browser

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/internal/throttle"
)

// A jar is a browser's cookie of Known.
type jar struct {
	*testing.T
	known  Known
	cookie *http.Cookie
	now    time.Time
}

func newJar(t *testing.T) *jar {
	j := &jar{T: t, now: time.Unix(1_800_000_000, 0)}
	j.known = Known{Cookies: Cookies{Secure: true}, Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Now: func() time.Time { return j.now }}
	return j
}

func (j *jar) request() *http.Request {
	r := httptest.NewRequest("POST", "/login", nil)
	if j.cookie != nil {
		r.AddCookie(j.cookie)
	}
	return r
}

func (j *jar) signIn(sub string) {
	j.Helper()
	w := httptest.NewRecorder()
	j.known.Remember(w, j.request(), sub)
	j.cookie = w.Result().Cookies()[0]
}

// knows reports whether tries at the person have a count of their own: others have used
// up that of the network.
func (j *jar) knows(sub string) bool {
	j.Helper()
	l := &throttle.Limiter{Store: throttle.NewMemory(j.known.Now), Rules: throttle.DefaultRules(), Now: j.known.Now, Log: slog.New(slog.DiscardHandler)}
	for range l.Rules.SignIn.Free {
		a, err := l.SignIn(j.Context(), throttle.Person(sub))
		if err != nil {
			j.Fatalf("using up the network's tries: %v", err)
		}
		a.Failed(j.Context()) // a try without a verdict would be waited for
	}
	gone := j.known.Context(j.Context(), j.request())
	_, err := l.SignIn(gone, throttle.Person(sub))
	return err == nil
}

func TestABrowserIsKnownToItsLatestPeople(t *testing.T) {
	j := newJar(t)
	if j.knows("0") {
		t.Error("a new browser is known, want unknown")
	}
	for i := range maxKnown + 1 {
		j.signIn(fmt.Sprint(i))
		j.signIn(fmt.Sprint(i))
	}
	var known []string
	for i := range maxKnown + 2 {
		if j.knows(fmt.Sprint(i)) {
			known = append(known, fmt.Sprint(i))
		}
	}
	if want := []string{"1", "2", "3", "4", "5"}; !slices.Equal(known, want) {
		t.Errorf("the browser is known to %q, want %q", known, want)
	}
	c := j.cookie
	if c.Name != "__Host-gh_known" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 400*24*3600 {
		t.Errorf("cookie = %v, want __Host-gh_known with Secure, HttpOnly, Path=/, SameSite=Lax and 400 days", c)
	}
	if len(c.Value) > maxKnownBytes/2 {
		t.Errorf("the cookie has %d bytes, want at most %d", len(c.Value), maxKnownBytes/2)
	}
}

func TestCookiesThatMakeNoBrowserKnown(t *testing.T) {
	for name, spoil := range map[string]func(*jar){
		"edited":            func(j *jar) { j.cookie.Value = "A" + j.cookie.Value[1:] + "A" },
		"too long":          func(j *jar) { j.cookie.Value += strings.Repeat("A", maxKnownBytes) },
		"of another key":    func(j *jar) { j.known.Sealer.Keys = cursor.Fixed([32]byte{2}) },
		"of another issuer": func(j *jar) { j.known.Cookies.Base = "/other" },
		"too old":           func(j *jar) { j.now = j.now.Add(knownLife) },
		"none":              func(j *jar) { j.cookie = nil },
	} {
		j := newJar(t)
		j.signIn("ann")
		if !j.knows("ann") {
			t.Fatalf("%s: the browser is unknown at first, want it known", name)
		}
		if spoil(j); j.knows("ann") {
			t.Errorf("%s: the browser is known, want it unknown", name)
		}
	}
}
