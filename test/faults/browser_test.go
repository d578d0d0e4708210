package faults_test

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"gatehouse/internal/test/testkit"
)

// callback is the web app's redirect URI; the rig never follows it.
const callback = "https://web.example/back"

// A browserUser signs in to the web app through the pages, and refreshes for a while.
type browserUser struct {
	*caller
	who     person
	session *session
	left    int // steps until the next sign-in
}

func (u *browserUser) step() {
	if u.session != nil && u.left > 0 {
		u.left--
		if u.renew(u.session) == wrong {
			u.session = nil
		}
		return
	}
	u.session = nil
	if rand.IntN(3) == 0 {
		u.client.Jar, _ = cookiejar.New(nil) // another browser, which must show a password
	}
	verifier := secretText()
	code := u.authorize(verifier)
	if code == "" {
		return
	}
	u.left = 5 + rand.IntN(5)
	u.redeem(code, verifier)
}

func secretText() string { return crand.Text() + crand.Text() }

// authorize goes through the pages until the browser is sent back with a code.
func (u *browserUser) authorize(verifier string) string {
	challenge := sha256.Sum256([]byte(verifier))
	query := form("client_id", u.site.web.id, "response_type", "code", "redirect_uri", callback, "scope", "openid profile offline_access",
		"state", crand.Text(), "code_challenge_method", "S256", "code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
	a := u.page("authorize", "/oauth/authorize?"+query.Encode(), nil)
	for range 8 {
		to := testkit.GoesOn(a.header, string(a.body))
		switch {
		case a.outcome != served:
			return ""
		case strings.HasPrefix(to, callback):
			back, err := url.Parse(to)
			if err != nil {
				return ""
			}
			return back.Query().Get("code")
		case to != "":
			a = u.page("page", strings.TrimPrefix(to, u.site.issuer), nil)
		default:
			fields := hidden(a.body)
			fields.Set("username", u.who.name)
			fields.Set("password", u.who.password)
			a = u.page("page.login", "/login", fields)
		}
	}
	return ""
}

func (u *caller) page(kind, path string, fields url.Values) answer {
	return u.ask(question{deed: deed{kind: kind}, path: path, form: fields, want: []int{http.StatusOK, http.StatusSeeOther}})
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// hidden returns the hidden fields of a page's form.
func hidden(body []byte) url.Values {
	f := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(string(body), -1) {
		f.Set(m[1], html.UnescapeString(m[2]))
	}
	return f
}

// redeem exchanges the code, now and then twice at once, which yields at most one
// session, and then ends it (RFC 6749 §4.1.2).
func (u *browserUser) redeem(code, verifier string) {
	twice := rand.IntN(3) == 0
	sessions := [2]session{}
	var all sync.WaitGroup
	for i := range sessions {
		if i == 1 && !twice {
			break
		}
		sessions[i] = session{app: u.site.web, who: u.who}
		accept := u.acceptTokens(&sessions[i])
		want := []int{http.StatusOK}
		if twice {
			want = append(want, http.StatusBadRequest)
		}
		all.Go(func() {
			u.ask(question{deed: deed{kind: "token.code", person: u.who.name, used: digest(code)}, path: "/oauth/token", as: u.site.web, want: want,
				form: form("grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier),
				look: func(a answer, d *deed) error {
					if a.status != http.StatusOK {
						return nil
					}
					return accept(a, d)
				}})
		})
	}
	all.Wait()
	if !twice && sessions[0].refresh != "" {
		u.session = &sessions[0]
	}
}

// A deviceUser signs in a device that has no browser (RFC 8628).
type deviceUser struct {
	*browserUser
	device *session
	left   int
}

func (u *deviceUser) step() {
	if u.device != nil && u.left > 0 {
		u.left--
		if u.renew(u.device) == wrong {
			u.device = nil
		}
		return
	}
	u.device, u.left = nil, 8
	tv := u.site.tv
	a := u.ask(question{deed: deed{kind: "device"}, path: "/oauth/device_authorization", form: form("client_id", tv.id, "scope", "openid offline_access")})
	if a.outcome != served || !u.approve(a.field("user_code")) {
		return
	}
	s := &session{app: tv, who: u.who}
	u.ask(question{deed: deed{kind: "token.device", person: u.who.name, used: digest(a.field("device_code"))}, path: "/oauth/token",
		form: form("grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", a.field("device_code"), "client_id", tv.id), look: u.acceptTokens(s)})
	if s.refresh != "" {
		u.device = s
	}
}

// approve signs in if a page demands it, and allows the device.
func (u *deviceUser) approve(code string) bool {
	a := u.page("page", "/device?user_code="+url.QueryEscape(code), nil)
	for range 6 {
		if a.outcome != served {
			return false
		}
		switch to := testkit.GoesOn(a.header, string(a.body)); {
		case to != "":
			a = u.page("page", strings.TrimPrefix(to, u.site.issuer), nil)
		case strings.Contains(string(a.body), `name="password"`):
			fields := hidden(a.body)
			fields.Set("username", u.who.name)
			fields.Set("password", u.who.password)
			a = u.page("page.login", "/login", fields)
		case strings.Contains(string(a.body), `value="allow"`):
			fields := hidden(a.body)
			fields.Set("answer", "allow")
			return u.page("page.device", "/device", fields).outcome == served
		default:
			return false
		}
	}
	return false
}
