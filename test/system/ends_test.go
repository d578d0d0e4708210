package system_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// everywhere is how soon an action at one server must count at all of them: a second,
// plus what a busy machine takes beyond that.
const everywhere = 3 * time.Second

// An ending is a way in which a session ends. Server A gets the request.
type ending struct {
	name string
	// builtIn is set for a session of the built-in app.
	builtIn bool
	end     func(t *testing.T, s *site, who person, session tokens) request
	status  int
}

func endings() []ending {
	change := func(fields object) func(*testing.T, *site, person, tokens) request {
		return func(t *testing.T, s *site, who person, _ tokens) request {
			return request{method: http.MethodPatch, path: who.path(), bearer: s.rootToken(t), json: fields}
		}
	}
	return []ending{
		{"its refresh token is revoked", false, func(_ *testing.T, s *site, _ person, session tokens) request {
			return s.shop.revoke(session.refresh)
		}, http.StatusOK},
		{"its access token is revoked", false, func(_ *testing.T, s *site, _ person, session tokens) request {
			return s.shop.revoke(session.access)
		}, http.StatusOK},
		{"sign-out", true, func(_ *testing.T, _ *site, _ person, session tokens) request {
			return logout(session.refresh)
		}, http.StatusNoContent},
		{"its owner ends all", false, func(t *testing.T, s *site, who person, _ tokens) request {
			return request{method: http.MethodDelete, path: "/api/accounts/profile/sessions/", bearer: s.signIn(t, s.a, who).access}
		}, http.StatusNoContent},
		{"its owner changes the password in another", true, func(t *testing.T, s *site, who person, _ tokens) request {
			return request{method: http.MethodPatch, path: "/api/accounts/profile/", bearer: s.signIn(t, s.a, who).access,
				json: object{"current_password": who.password, "password": s.vault.Secret("new-password")}}
		}, http.StatusOK},
		{"an administrator ends it", true, endedByAdmin, http.StatusNoContent},
		{"an administrator sets a password", false, func(t *testing.T, s *site, who person, session tokens) request {
			return change(object{"password": s.vault.Secret("new-password")})(t, s, who, session)
		}, http.StatusOK},
		{"the person is deactivated", true, change(object{"is_active": false}), http.StatusOK},
		{"the person is deleted", false, func(t *testing.T, s *site, who person, _ tokens) request {
			return request{method: http.MethodDelete, path: who.path(), bearer: s.rootToken(t)}
		}, http.StatusNoContent},
	}
}

func endedByAdmin(t *testing.T, s *site, who person, _ tokens) request {
	t.Helper()
	a := s.a.ask(request{path: who.path() + "sessions/", bearer: s.rootToken(t)}).must(t, http.StatusOK)
	var sessions []struct{ ID string }
	read(t, string(a.body), &sessions)
	if len(sessions) != 1 {
		t.Fatalf("%s has the sessions %s, want one", who.name, a.body)
	}
	return request{method: http.MethodDelete, path: who.path() + "sessions/" + sessions[0].ID + "/", bearer: s.rootToken(t)}
}

// endsEverywhere checks that every ending at A is in force at B within a second.
func (s *site) endsEverywhere(t *testing.T) {
	for i, e := range endings() {
		t.Run(e.name, func(t *testing.T) {
			who := s.newcomer(t, fmt.Sprintf("hana%d", i), "user")
			way, in := s.shop.refresh, []app{s.shop}
			if e.builtIn {
				way, in = refresh, nil
			}
			session := s.signIn(t, s.b, who, in...)
			s.b.ask(profile(session.access)).must(t, http.StatusOK)
			r := e.end(t, s, who, session)
			r.from = s.network()
			again(func() answer { return s.a.ask(r) }).must(t, e.status)
			s.overAtB(t, e.name, way, session)
		})
	}
	t.Run("from the command line", s.deactivatedByCommand)
	t.Run("its app is switched off", s.appSwitchedOff)
	t.Run("an app's own token is revoked", s.appTokenRevoked)
	t.Run("an administrator is demoted", s.demoted)
}

func (s *site) overAtB(t *testing.T, what string, way func(string) request, session tokens) {
	t.Helper()
	took := testkit.Within(t, everywhere, "it is over at B: "+what, func() error { return s.b.refuses(s.watch, way, session) })
	t.Logf("over at B after %s", took.Round(time.Millisecond))
	s.dead(t, what, way, session)
}

func (s *site) deactivatedByCommand(t *testing.T) {
	who := s.newcomer(t, "ivan", "user")
	session := s.signIn(t, s.b, who)
	s.run(t, "", "user", "deactivate", who.name)
	s.overAtB(t, "deactivated from the command line", refresh, session)
}

func (s *site) appSwitchedOff(t *testing.T) {
	kiosk := s.registerApp(t, "--id", "kiosk", "--name", "Kiosk", "--grant", "password", "--grant", "refresh_token", "--scope", "account")
	session := s.signIn(t, s.b, s.newcomer(t, "jana", "user"), kiosk)
	s.b.ask(profile(session.access)).must(t, http.StatusOK)
	s.a.ask(request{method: http.MethodPatch, path: "/api/admin/clients/kiosk/", bearer: s.rootToken(t), json: object{"disabled": true}}).must(t, http.StatusOK)
	s.overAtB(t, "app switched off", kiosk.refresh, session)
}

func (s *site) appTokenRevoked(t *testing.T) {
	token := s.b.ask(s.watch.token("grant_type", "client_credentials")).must(t, http.StatusOK).tokens()
	if a := s.b.ask(s.watch.introspect(token.access)); a.must(t, http.StatusOK).field("client_id") != s.watch.id {
		t.Fatalf("%v, want the client", a)
	}
	s.a.ask(s.watch.revoke(token.access)).must(t, http.StatusOK)
	testkit.Within(t, everywhere, "an app's revoked token is inactive at B", func() error {
		if a := s.b.ask(s.watch.introspect(token.access)); string(a.body) != "{\"active\":false}\n" {
			return errInactive{a}
		}
		return nil
	})
}

// demoted checks that the session of a former administrator lives, with the rights of
// the current role.
func (s *site) demoted(t *testing.T) {
	session := s.signIn(t, s.b, s.newcomer(t, "kim", "admin"))
	list := request{path: "/api/accounts/admin/users/", bearer: session.access}
	s.b.ask(list).must(t, http.StatusOK)
	s.run(t, "", "user", "set-role", "kim", "staff")
	testkit.Within(t, everywhere, "a former administrator is refused at B", func() error {
		return s.b.ask(list).expect(http.StatusForbidden)
	})
	s.b.ask(profile(session.access)).is(t, http.StatusOK)
}
