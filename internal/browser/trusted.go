package browser

import (
	"net/http"
	"slices"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/store"
)

// Trusted reads and writes the cookie by which a browser shows that people have entered
// their second factor with it, and want to be asked for their password alone.
//
// The cookie is authenticated, so that nothing is kept here. It is good for one generation
// of the person: every end of all that is theirs, and every change of a factor or of the
// password, takes the trust back.
type Trusted struct {
	Cookies Cookies
	Sealer  cursor.Sealer
	// For is how long a browser is trusted; 0: never.
	For time.Duration
	Now func() time.Time
}

const (
	trustedCookie = "gh_trust"
	// maxTrusted is how many people may trust one browser.
	maxTrusted = 5
)

// A trust is that of one person.
type trust struct {
	Sub        string           `json:"s"`
	Generation store.Generation `json:"g"`
	Until      int64            `json:"u"` // Unix seconds
}

// On reports whether people may trust a browser.
func (t Trusted) On() bool { return t.For > 0 }

// By reports whether the person trusts the browser that sent the request.
func (t Trusted) By(r *http.Request, u store.User) bool {
	return slices.ContainsFunc(t.read(r), func(one trust) bool { return one.Sub == u.Sub && one.Generation == u.Generation })
}

// Remember sets the cookie for a person who has just entered their factor.
func (t Trusted) Remember(w http.ResponseWriter, r *http.Request, u store.User) {
	if !t.On() {
		return
	}
	all := slices.DeleteFunc(t.read(r), func(one trust) bool { return one.Sub == u.Sub })
	all = slices.Insert(all, 0, trust{u.Sub, u.Generation, t.Now().Add(t.For).Unix()})
	value, err := t.Sealer.Seal(trustedCookie, all[:min(len(all), maxTrusted)])
	if err != nil {
		return // it never fails for text and numbers; the person is asked again
	}
	t.Cookies.write(w, trustedCookie, value, int(t.For/time.Second))
}

// read returns the trusts of a cookie of ours that have not ended.
func (t Trusted) read(r *http.Request) (all []trust) {
	value := t.Cookies.only(r, trustedCookie)
	if !t.On() || value == "" || len(value) > maxKnownBytes || t.Sealer.Open(trustedCookie, value, &all) != nil {
		return nil
	}
	now := t.Now().Unix()
	return slices.DeleteFunc(all, func(one trust) bool { return one.Until <= now })
}

// Days returns for how many days a browser is trusted, at least 1 if it is at all.
func (t Trusted) Days() int {
	const day = 24 * time.Hour
	return int((t.For + day - 1) / day)
}
