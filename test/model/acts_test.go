package model_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"pgregory.net/rapid"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// revoke revokes any token, from any app.
func (q *sequence) revoke(t *rapid.T) {
	by := pick(t, q.m.apps[:2], "app")
	var raw string
	var f *family
	var until time.Time
	if rapid.Bool().Draw(t, "access token") {
		a := pick(t, q.m.access, "access token")
		raw, f, until = a.raw, a.in, a.expires
	} else {
		r := pick(t, q.shown(), "refresh token")
		raw, f, until = r.raw, r.in, r.expires
	}
	got := q.post(t, "/oauth/revoke", by.Client, url.Values{"token": {raw}})
	want, ends := granted, f.app == by && q.m.now.Before(until)
	switch {
	case by.Disabled:
		want, ends = badClient, false
	case ends && q.m.away:
		want = later
	}
	if ends {
		q.m.end(func(one *family) bool { return one == f })
	}
	if got.Code != want || (got.status == http.StatusOK) != (want == granted) {
		t.Fatalf("revocation is answered by %d %q, want %q as the model says", got.status, got.Code, want)
	}
}

func (q *sequence) endOne(t *rapid.T) {
	f, p := pick(t, q.m.families, "session"), pick(t, q.m.people, "person")
	done, err := q.sessions.End(t.Context(), "cli", f.id, p.ID, "logout")
	want := q.m.end(func(one *family) bool { return one == f && f.of == p }) == 1
	if err != nil || done != want {
		t.Fatalf("ended %v, %v; want %v as the model says", done, err, want)
	}
}

func (q *sequence) endAll(t *rapid.T) {
	p := pick(t, q.m.people, "person")
	except := ""
	if len(q.m.families) > 0 && rapid.Bool().Draw(t, "but one") {
		except = pick(t, q.m.families, "session").id
	}
	ended, err := q.sessions.EndAll(t.Context(), "cli", p.ID, except, "logout")
	if p.gone {
		if !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("ending the user's sessions: err = %v, want ErrNotFound", err)
		}
		return
	}
	if want := q.m.endAll(p, except); err != nil || len(ended.Sessions) != want {
		t.Fatalf("%d ended, %v; want %d as the model says", len(ended.Sessions), err, want)
	}
}

func (q *sequence) changePerson(t *rapid.T) {
	p := pick(t, q.m.people, "person")
	if p.gone {
		t.Skip("gone")
	}
	var in account.Input
	var ends bool
	after := p.User
	what := rapid.SampledFrom([]string{"password", "active", "role", "role"}).Draw(t, "what")
	switch {
	case what == "password" && p.Active:
		in.Password, ends = fields.Given(fmt.Sprintf("correct horse battery %d", q.made.Add(1))), true
	case what == "active" || !p.Active: // an inactive person is soon reactivated
		after.Active = !p.Active
		in.Active, ends = fields.On(after.Active), !after.Active
	default:
		after.Role = rapid.SampledFrom([]store.Role{store.RoleUser, store.RoleStaff}).Draw(t, "role")
		in.Role = fields.Given(string(after.Role))
	}
	changed, err := q.people.Change(t.Context(), authz.Operator, p.User, in, false)
	if err != nil || changed.Active != after.Active || changed.Role != after.Role {
		t.Fatalf("changing the user: %+v, %v; want %+v", changed, err, after)
	}
	if ends {
		q.m.endAll(p, "")
	}
	if changed.Generation != p.Generation {
		t.Fatalf("the generation is %d, want %d as the model says", changed.Generation, p.Generation)
	}
	p.User = changed
}

func (q *sequence) deletePerson(t *rapid.T) {
	p := pick(t, q.m.people, "person")
	if p.gone || len(q.m.families) < 3 {
		t.Skip("not now")
	}
	if err := q.people.Delete(t.Context(), authz.Operator, p.ID, ""); err != nil {
		t.Fatalf("deleting the user: %v", err)
	}
	q.m.endAll(p, "")
	p.gone = true
	q.m.people = append(q.m.people, &person{User: q.person(t)})
}

func (q *sequence) changeApp(t *rapid.T) {
	a := pick(t, q.m.apps[:2], "app")
	var in client.Input
	what := rapid.SampledFrom([]string{"disabled", "grant", "scope", "scope"}).Draw(t, "what")
	switch {
	case what == "disabled" || a.Disabled: // a disabled app is soon enabled again
		in.Disabled = fields.On(!a.Disabled)
	case what == "grant" || !a.canRefresh:
		a.canRefresh = !a.canRefresh
		grants := []string{grant.Password}
		if a.canRefresh {
			grants = append(grants, grant.RefreshToken)
		}
		in.GrantTypes = fields.Listed(grants...)
	default:
		in.Scope = fields.Given(rapid.SampledFrom([]string{allScope, "openid", "openid account"}).Draw(t, "scope"))
	}
	changed, _, err := q.clients.Update(t.Context(), authz.Operator, a.ID, in, false)
	if err != nil {
		t.Fatalf("updating the client: %v", err)
	}
	a.Client = changed
}

func (q *sequence) redisAway(away bool) func(*rapid.T) {
	return func(t *rapid.T) {
		if q.m.away == away {
			t.Skip("already so")
		}
		q.m.away = away
		q.away.gone.Store(away)
	}
}

func (q *sequence) redisEmptied(t *rapid.T) {
	q.backend.empty(t)
	q.m.loseRedis(nil)
}

func (q *sequence) redisSaved(t *rapid.T) {
	q.saved = q.backend.snapshot(t, q.m.now)
	q.m.save()
}

func (q *sequence) redisRestored(t *rapid.T) {
	if q.m.saved == nil {
		t.Skip("nothing saved")
	}
	q.backend.restore(t, q.saved, q.m.now)
	q.m.loseRedis(q.m.saved)
}
