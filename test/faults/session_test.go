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
	// tried is set if the refresh token was presented, but no answer came.
	tried bool
}

var errNoTokens = errors.New("no tokens in the answer")

// acceptTokens stores the tokens of an answer in the session, records the session in
// the deed, and checks that a resource server could verify the access token.
func (c *caller) acceptTokens(s *session) func(a answer, d *deed) error {
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
		form: form("grant_type", "password", "username", who.name, "password", who.password), look: c.acceptTokens(s)}
	if s.builtIn {
		q = question{deed: deed{kind: "login", person: who.name}, path: "/api/accounts/login/",
			json: object{"username": who.name, "password": who.password}, look: c.acceptTokens(s)}
	}
	if c.ask(q).outcome != served {
		return nil
	}
	return s
}

// refreshing returns the question that refreshes the session.
func (s *session) refreshing(kind string) question {
	d := deed{kind: kind, session: s.sid, person: s.who.name, used: digest(s.refresh)}
	if s.builtIn {
		d.adopted = true
		return question{deed: d, path: "/api/accounts/token/refresh/", json: object{"refresh": s.refresh}}
	}
	q := question{deed: d, path: "/oauth/token", as: s.app, form: form("grant_type", "refresh_token", "refresh_token", s.refresh)}
	if s.app.secret == "" {
		q.as, q.form = app{}, form("grant_type", "refresh_token", "refresh_token", s.refresh, "client_id", s.app.id)
	}
	return q
}

// renew refreshes the session. If no answer comes, the next call repeats the request
// with the same refresh token, which must yield the same successor.
func (c *caller) renew(s *session) outcome {
	q := s.refreshing("token.refresh")
	q.look = c.acceptTokens(s)
	s.tried = true
	return c.ask(q).outcome
}

// renewTwice lets two tabs refresh at once with the same token. The history shows
// whether they got the same successor.
func (c *caller) renewTwice(s *session) outcome {
	var both sync.WaitGroup
	twins := [2]session{*s, *s}
	outcomes := [2]outcome{}
	for i := range twins {
		q := s.refreshing("token.refresh")
		q.look = c.acceptTokens(&twins[i])
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

// use presents the access token at one of the endpoints that accept it.
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

// lives records that the session lives, which any answer shows.
func lives(_ answer, d *deed) error {
	d.alive = true
	return nil
}

var errInactive = errors.New("a live token was reported inactive")

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
			want: []int{http.StatusNoContent, http.StatusUnauthorized}}).outcome // 401: the previous try succeeded
	}
	return c.ask(question{deed: d, path: "/oauth/revoke", as: s.app, form: form("token", s.refresh)}).outcome
}

// dead uses the session at every replica, and expects to be told that it is over.
func (c *caller) dead(s *session) {
	time.Sleep(bound + 50*time.Millisecond)
	for _, r := range c.site.replicas {
		if !r.serves() {
			continue
		}
		gone := deed{session: s.sid, person: s.who.name}
		q := s.refreshing("dead.refresh")
		q.used, q.at = "", r
		// A caller that keeps presenting dead tokens is throttled, and learns nothing either.
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

// unlessOK records whether the session lives after all; the judge decides what that means.
func unlessOK(a answer, d *deed) error {
	d.alive = a.status == http.StatusOK
	return nil
}
