package faults_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
)

// An actor does one thing after another, as an app or a person would.
type actor interface {
	// step does the next thing.
	step()
}

// anEnd is the average number of steps after which an actor ends its session; the
// other steps use the session.
const anEnd = 25

// An appUser holds a session in an app, by name and password, and keeps it alive.
type appUser struct {
	*caller
	who     person
	in      app
	session *session
	ending  bool
}

func (u *appUser) step() {
	switch {
	case u.session == nil:
		u.session = u.signIn(u.who, u.in)
	case u.ending || rand.IntN(anEnd) == 0:
		u.leave()
	case rand.IntN(8) == 0 && u.site.twins.Load():
		u.forget(u.renewTwice(u.session))
	case rand.IntN(2) == 0 || u.session.tried:
		u.forget(u.renew(u.session))
	default:
		u.forget(u.use(u.session, u.uses()[rand.IntN(3)], u.site.one()))
	}
}

func (u *appUser) uses() []string {
	if u.session.builtIn {
		return []string{"profile", "profile", "introspect"}
	}
	return []string{"userinfo", "profile", "introspect"}
}

// forget gives up a session that was refused; the judge sees the refusal.
func (u *appUser) forget(o outcome) {
	if o == wrong {
		u.session = nil
	}
}

// leave ends the session, and repeats that until it is acknowledged.
func (u *appUser) leave() {
	u.ending = true
	if o := u.end(u.session); o != served && o != wrong {
		return
	}
	u.dead(u.session)
	u.session, u.ending = nil, false
}

// A machine signs in as itself.
type machine struct{ *caller }

func (m *machine) step() {
	var token string
	m.ask(question{deed: deed{kind: "token.client_credentials"}, path: "/oauth/token", as: m.site.watch,
		form: form("grant_type", "client_credentials"), look: func(a answer, _ *deed) error {
			if token = a.field("access_token"); token == "" {
				return errNoTokens
			}
			m.site.verifier.verify(token)
			return nil
		}})
	if token == "" {
		return
	}
	jti := claimsOf(token).JTI
	inspect := question{deed: deed{kind: "introspect", session: jti}, path: "/oauth/introspect", as: m.site.watch, form: form("token", token), look: active}
	m.ask(inspect)
	if rand.IntN(4) != 0 {
		return
	}
	if m.ask(question{deed: deed{kind: "revoke", session: jti, endsSession: true}, path: "/oauth/revoke", as: m.site.watch, form: form("token", token)}).outcome == served {
		inspect.kind, inspect.at = "dead.introspect", m.site.one()
		inspect.look = func(a answer, d *deed) error { _ = active(a, d); return nil }
		m.ask(inspect)
	}
}

// A newcomer signs up, under another name each time, and sees that it worked.
type newcomer struct {
	*caller
	n       int
	name    string
	pending person
	made    bool // pending has an account
}

func (n *newcomer) step() {
	if n.pending.name == "" {
		n.n++
		n.pending = person{name: fmt.Sprintf("%s%d", n.name, n.n), password: n.site.vault.Secret("password")}
	}
	if n.made = n.made || n.signUp(); !n.made {
		return
	}
	if s := n.signIn(n.pending, app{}); s != nil {
		n.use(s, "profile", n.site.one())
		n.pending, n.made = person{}, false
	}
}

// signUp makes the pending account. A request without an answer is repeated, and the
// repeat may find that the name is taken now.
func (n *newcomer) signUp() bool {
	return n.ask(question{deed: deed{kind: "signup", person: n.pending.name}, path: "/api/accounts/signup/",
		json: object{"username": n.pending.name, "email": n.pending.name + "@people.example", "password": n.pending.password},
		want: []int{http.StatusCreated, http.StatusBadRequest}}).outcome == served
}

// A reader reads the public documents.
type reader struct{ *caller }

func (r *reader) step() {
	documents := []struct{ kind, path string }{
		{"jwks", "/.well-known/jwks.json"}, {"discovery", "/.well-known/openid-configuration"}, {"live", "/healthz/live"},
	}
	d := documents[rand.IntN(len(documents))]
	r.ask(question{deed: deed{kind: d.kind}, path: d.path, at: r.site.one()})
}
