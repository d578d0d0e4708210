package faults_test

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// A session is one sign-in as its holder knows it.
type session struct {
	app             app
	who             person
	builtIn         bool // of the built-in app, refreshed at /api/accounts/
	sid             string
	access, refresh string
	// tried: the refresh token has been presented, and the answer did not come.
	tried bool
}

var errNoTokens = errors.New("no tokens in the answer")

// take reads the tokens of an answer, notes what they are of, and checks that a
// resource server could verify the access token.
func (c *caller) take(s *session) func(a answer, d *deed) error {
	return func(a answer, d *deed) error {
		access, refresh := a.field("access_token"), a.field("refresh_token")
		if s.builtIn {
			access, refresh = a.field("access"), a.field("refresh")
		}
		if access == "" || refresh == "" {
			return errNoTokens
		}
		s.access, s.refresh, s.sid, s.tried = access, refresh, claimsOf(access).SID, false
		d.session, d.got, d.alive = s.sid, digest(refresh), true
		c.site.verifier.verify(access)
		return nil
	}
}

// signIn begins a session by name and password; nil if it could not be had.
func (c *caller) signIn(who person, in app) *session {
	s := &session{app: in, who: who, builtIn: in.id == ""}
	q := question{deed: deed{kind: "token.password", person: who.name}, path: "/oauth/token", as: in,
		form: form("grant_type", "password", "username", who.name, "password", who.password), look: c.take(s)}
	if s.builtIn {
		q = question{deed: deed{kind: "login", person: who.name}, path: "/api/accounts/login/",
			json: object{"username": who.name, "password": who.password}, look: c.take(s)}
	}
	if c.ask(q).outcome != served {
		return nil
	}
	return s
}

// refreshing is the question with which the session is refreshed.
func (s *session) refreshing(kind string) question {
	d := deed{kind: kind, session: s.sid, person: s.who.name, used: digest(s.refresh)}
	if s.builtIn {
		return question{deed: d, path: "/api/accounts/token/refresh/", json: object{"refresh": s.refresh}}
	}
	q := question{deed: d, path: "/oauth/token", as: s.app, form: form("grant_type", "refresh_token", "refresh_token", s.refresh)}
	if s.app.secret == "" {
		q.as, q.form = app{}, form("grant_type", "refresh_token", "refresh_token", s.refresh, "client_id", s.app.id)
	}
	return q
}

// renew refreshes the session. What was not answered is asked again at the next
// call, with the same refresh token: that must lead to the same successor.
func (c *caller) renew(s *session) outcome {
	q := s.refreshing("token.refresh")
	q.look = c.take(s)
	s.tried = true
	return c.ask(q).outcome
}

// renewTwice lets two tabs refresh at once with the same token. The history
// tells whether they were given the same successor.
func (c *caller) renewTwice(s *session) outcome {
	var both sync.WaitGroup
	twins := [2]session{*s, *s}
	outcomes := [2]outcome{}
	for i := range twins {
		q := s.refreshing("token.refresh")
		q.look = c.take(&twins[i])
		both.Go(func() { outcomes[i] = c.ask(q).outcome })
	}
	both.Wait()
	for i, o := range outcomes {
		if o == served {
			*s = twins[i]
		}
	}
	return min(outcomes[0], outcomes[1])
}

// use shows the access token at one of the endpoints that take it.
func (c *caller) use(s *session, kind string, at *replica) outcome {
	q := question{deed: deed{kind: kind, session: s.sid, person: s.who.name}, bearer: s.access, at: at, look: lives}
	switch kind {
	case "userinfo":
		q.path = "/oauth/userinfo"
	case "profile":
		q.path = "/api/accounts/profile/"
	case "introspect":
		q.path, q.bearer, q.as, q.form = "/oauth/introspect", "", c.site.watch, form("token", s.access)
		q.look = active
	}
	return c.ask(q).outcome
}

// lives: an answer at all shows that the session lives.
func lives(_ answer, d *deed) error {
	d.alive = true
	return nil
}

var errInactive = errors.New("a living token is said to be inactive")

// active reads an introspection (RFC 7662 §2.2).
func active(a answer, d *deed) error {
	var found struct{ Active bool }
	if err := a.read(&found); err != nil {
		return err
	}
	if d.alive = found.Active; !found.Active {
		return errInactive
	}
	return nil
}

// end revokes the session, or signs out of it.
func (c *caller) end(s *session) outcome {
	d := deed{kind: "revoke", session: s.sid, person: s.who.name, endsSession: true}
	if s.builtIn {
		d.kind = "logout"
		return c.ask(question{deed: d, path: "/api/accounts/logout/", json: object{"refresh": s.refresh},
			want: []int{http.StatusNoContent, http.StatusUnauthorized}}).outcome // 401: the try before reached its end
	}
	return c.ask(question{deed: d, path: "/oauth/revoke", as: s.app, form: form("token", s.refresh)}).outcome
}

// dead asks every replica for the session, and expects to be told that it is over.
func (c *caller) dead(s *session) {
	time.Sleep(bound + 50*time.Millisecond)
	for _, r := range c.site.replicas {
		if !r.serves() {
			continue
		}
		gone := deed{session: s.sid, person: s.who.name}
		q := s.refreshing("dead.refresh")
		q.used, q.at = "", r
		// Who comes with dead tokens all the time is slowed down, and learns nothing either.
		q.want, q.look = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusOK}, unlessOK
		c.ask(q)
		gone.kind = "dead.profile"
		c.ask(question{deed: gone, at: r, path: "/api/accounts/profile/", bearer: s.access,
			want: []int{http.StatusUnauthorized, http.StatusOK}, look: unlessOK})
		gone.kind = "dead.introspect"
		c.ask(question{deed: gone, at: r, path: "/oauth/introspect", as: c.site.watch, form: form("token", s.access),
			look: func(a answer, d *deed) error { _ = active(a, d); return nil }})
	}
}

// unlessOK notes that the session lives after all; the judge says what that means.
func unlessOK(a answer, d *deed) error {
	d.alive = a.status == http.StatusOK
	return nil
}
