package model_test

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"pgregory.net/rapid"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// A sequence acts on a site and on its model at the same time.
type sequence struct {
	*site
	m     *model
	saved snapshot
}

func begin(t *rapid.T, s *site) *sequence {
	s.away.gone.Store(false)
	s.backend.clear(t)
	q := &sequence{site: s, m: &model{redis: s.backend.redis != nil, now: s.clock()}}
	for range 2 {
		q.m.people = append(q.m.people, &person{User: s.person(t)})
	}
	for _, method := range []string{store.SecretBasic, store.NoSecret} {
		q.m.apps = append(q.m.apps, &app{Client: s.app(t, method), canRefresh: true})
	}
	q.m.apps = append(q.m.apps, &app{Client: session.Accounts(store.RotationAdopted), canRefresh: true})
	second := q.m.people[1]
	q.change(t, second, q.byFactor(second), q.newApp(t, &second.has))
	for range 2 {
		q.signIn(t)
	}
	return q
}

// actions returns the possible acts; frequent ones are listed more than once.
func (q *sequence) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){"": q.onePlace}
	add := func(often int, name string, act func(*rapid.T)) {
		for i := range often {
			actions[name+strings.Repeat(" ", i)] = act
		}
	}
	add(1, "sign in", q.signIn)
	add(1, "refresh", q.refresh)
	add(6, "refresh the newest", q.refreshNewest)
	add(6, "refresh the one before", q.refreshBefore)
	add(1, "use", q.use)
	add(1, "introspect", q.introspect)
	add(1, "revoke", q.revoke)
	add(1, "end one session", q.endOne)
	add(1, "end all sessions", q.endAll)
	add(2, "change person", q.changePerson)
	add(1, "delete person", q.deletePerson)
	add(2, "begin and go on with a factor", q.beginAndGoOn)
	add(2, "go on with a factor", q.goOn)
	add(2, "change factor", q.changeFactor)
	add(1, "new recovery codes", q.newCodes)
	add(1, "reset factors", q.resetFactors)
	add(2, "change app", q.changeApp)
	add(6, "seconds pass", q.pass(4*time.Second, 8*time.Second, 12*time.Second, 64*time.Second, 76*time.Second))
	add(1, "days pass", q.pass(6*time.Minute, 24*time.Hour, 13*24*time.Hour, 15*24*time.Hour, 80*24*time.Hour))
	if q.m.redis {
		add(1, "Redis goes", q.redisAway(true))
		add(4, "Redis comes back", q.redisAway(false))
		add(3, "Redis is emptied", q.redisEmptied)
		add(3, "Redis is saved", q.redisSaved)
		add(5, "Redis is restored", q.redisRestored)
	}
	return actions
}

// pick draws one of the values.
func pick[T any](t *rapid.T, from []T, what string) T {
	if len(from) == 0 {
		t.Skip("no " + what)
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(t, what)]
}

var scopes = rapid.SampledFrom([]string{"", "", "", "openid", "openid account", "users:read", "openid clients", unknownScope})

// pass lets time pass. No sum of jumps comes near the end of the grace, so the
// milliseconds that a test takes do not matter.
func (q *sequence) pass(jumps ...time.Duration) func(*rapid.T) {
	return func(t *rapid.T) {
		d := rapid.SampledFrom(jumps).Draw(t, "time")
		q.now.Add(int64(d))
		q.m.now = q.clock()
		q.backend.older(t, d)
	}
}

func (q *sequence) signIn(t *rapid.T) {
	a, p := pick(t, q.m.apps, "app"), pick(t, q.m.people, "person")
	asked := scopes.Draw(t, "scope")
	if a.builtIn() {
		q.signInHere(t, a, p)
		return
	}
	q.withPassword(t, a, p, asked, q.show(t, p))
}

// withPassword signs in at the token endpoint with the password, and what is shown.
func (q *sequence) withPassword(t *rapid.T, a *app, p *person, asked string, what shown) {
	acr := signin.ACRPassword
	want := q.m.signIn(a, p, asked, what)
	got := q.post(t, "/oauth/token", a.Client, what.in(url.Values{"grant_type": {"password"}, "username": {p.Username}, "password": {"right"}, "scope": {asked}}))
	q.answered(t, got, want)
	switch {
	case want == needsFactor:
		q.wait(t, a, p, got)
	case want == granted && p.has.second():
		what.use()
		acr = signin.ACRMFA
		fallthrough
	case want == granted:
		q.began(t, a, p, asked, got, acr)
	}
}

// began adds the session that an answer of the password grant began.
func (q *sequence) began(t *rapid.T, a *app, p *person, asked string, got answer, acr string) {
	if asked == "" {
		asked = a.Scope
	}
	q.started(t, q.m.begin(a, p, asked), got, acr)
}

// signInHere signs in at our own front end.
func (q *sequence) signInHere(t *rapid.T, a *app, p *person) {
	if p.gone {
		t.Skip("nobody to sign in")
	}
	proof, want := q.proofHere(t, p)
	set, err := q.sessions.Begin(t.Context(), proof, a.Client, apis.Grant{Scope: authz.ForRole(p.Role)}, apis.Asked{})
	if want != nil {
		if !errors.Is(err, want) {
			t.Fatalf("signing in with %s, %q missing: err = %v, want %v as the model says", proof.SignIn.ACR, proof.Lacks, err, want)
		}
		return
	}
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	q.started(t, q.m.begin(a, p, string(authz.ForRole(p.Role))), answer{Access: set.AccessToken, Refresh: set.RefreshToken, Scope: string(set.Access.Scope)}, proof.SignIn.ACR)
}

// started takes over the tokens of a new session, and checks at which level it began.
func (q *sequence) started(t *rapid.T, f *family, got answer, acr string) {
	first := f.record.last
	if first.raw = got.Refresh; (first.raw != "") != f.app.canRefresh {
		t.Fatalf("got a refresh token: %v, want %v, as the app's grants say", first.raw != "", f.app.canRefresh)
	}
	claims := q.opened(t, f, got, f.scope)
	if f.id = claims.SessionID; claims.ACR != acr {
		t.Fatalf("the sign-in has the level %q, want %q as the model says", claims.ACR, acr)
	}
}

// opened adds the access token of an answer to the model, and returns its claims.
func (q *sequence) opened(t *rapid.T, f *family, got answer, scope string) token.Access {
	claims, err := q.verifier.Access(t.Context(), got.Access)
	if err != nil || claims.Subject != f.of.Sub || claims.Role != f.of.Role || string(claims.Scope) != scope || f.id != "" && claims.SessionID != f.id {
		t.Fatalf("the access token has %+v, %v; want scope %q, role %s", claims, err, scope, f.of.Role)
	}
	q.m.access = append(q.m.access, &accessToken{raw: got.Access, in: f, expires: earlier(q.m.second().Add(accessLife), f.until)})
	return claims
}

func (q *sequence) answered(t *rapid.T, got answer, want string) {
	if got.Code != want {
		t.Fatalf("the answer is %d %q, want %q as the model says", got.status, got.Code, want)
	}
}

// shown returns the refresh tokens that apps got.
func (q *sequence) shown() (all []*refreshToken) {
	for _, r := range q.m.refresh {
		if r.raw != "" {
			all = append(all, r)
		}
	}
	return all
}

// refresh uses any refresh token, from any app, for any scope.
func (q *sequence) refresh(t *rapid.T) {
	r, by := pick(t, q.shown(), "refresh token"), pick(t, q.m.apps, "app")
	q.exchange(t, r, by, scopes.Draw(t, "scope"))
}

// refreshNewest acts like an honest app.
func (q *sequence) refreshNewest(t *rapid.T) {
	var newest []*refreshToken
	for _, r := range q.shown() {
		if len(r.next) == 0 && q.m.useful(r.in) {
			newest = append(newest, r)
		}
	}
	r := pick(t, newest, "newest refresh token")
	q.exchange(t, r, r.in.app, scopes.Draw(t, "scope"))
}

// refreshBefore acts like an app that lost the answer, or like a thief.
func (q *sequence) refreshBefore(t *rapid.T) {
	var before []*refreshToken
	for _, r := range q.shown() {
		if len(r.next) == 1 && len(r.next[0].next) == 0 && q.m.useful(r.in) {
			before = append(before, r)
		}
	}
	r := pick(t, before, "refresh token before the newest")
	q.exchange(t, r, r.in.app, "")
}

func (q *sequence) exchange(t *rapid.T, r *refreshToken, by *app, asked string) {
	if by.builtIn() {
		asked = ""
	}
	q.backend.keep(t)
	left := q.m.scopeOf(r.in) != "" || r.in.scope == "" // of what the app may still have
	honest := left && len(r.next) == 0 && !r.in.forked && q.m.living(r.in) && q.m.now.Before(r.expires) && by == r.in.app
	recorded := r.in.record.last.gen
	written := r.in.used
	code, next := q.m.exchange(by, r, asked)
	got := q.exchanged(t, by, r.raw, asked)
	q.answered(t, got, code)
	if code == badGrant && honest {
		t.Fatal("an honest app was logged out, want it to live")
	}
	if len(r.next) > 1 && !r.in.forked {
		q.declared(t, r, recorded, written)
	}
	if code != granted {
		return
	}
	if next.raw == "" {
		next.raw = q.newToken(t, got.Refresh)
	}
	if next.raw != got.Refresh {
		t.Fatal("the answer has another successor than before, want the same")
	}
	if asked == "" {
		asked = q.m.scopeOf(r.in)
	}
	q.opened(t, r.in, got, asked)
}

// declared checks that a token has two successors only as decision 1 allows under "What
// remains".
func (q *sequence) declared(t *rapid.T, r *refreshToken, recorded int, written time.Time) {
	first := r.next[0].issued
	if !q.m.redis || r.in.app.adopted() || recorded > r.gen || first.Sub(written) >= touchEvery {
		t.Fatalf("a refresh token has two successors, want one: it was first used at %s, and the record was written at %s", first, written)
	}
	r.in.forked = true
}

func (q *sequence) newToken(t *rapid.T, raw string) string {
	for _, r := range q.m.refresh {
		if raw == "" || r.raw == raw {
			t.Fatal("the successor is an old token or missing, want a new one")
		}
	}
	return raw
}

// exchanged refreshes; the built-in app cannot use the token endpoint.
func (q *sequence) exchanged(t *rapid.T, by *app, raw, asked string) answer {
	if !by.builtIn() {
		return q.post(t, "/oauth/token", by.Client, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {raw}, "scope": {asked}})
	}
	set, err := q.sessions.Refresh(t.Context(), by.Client, raw, apis.Asked{})
	q.gathered()
	return answer{Code: codeOf(err), Access: set.AccessToken, Refresh: set.RefreshToken}
}

func codeOf(err error) string {
	switch {
	case err == nil:
		return granted
	case errors.Is(err, store.ErrUnavailable):
		return later
	case errors.Is(err, session.ErrInvalid):
		return badGrant
	case errors.Is(err, oauth.InvalidScope):
		return badScope
	}
	return err.Error()
}

func (q *sequence) use(t *rapid.T) { q.used(t, pick(t, q.m.access, "access token")) }

// used shows the token to our own API and to the introspection, which must agree.
func (q *sequence) used(t *rapid.T, a *accessToken) {
	actor, _, err := q.sessions.Authenticate(t.Context(), a.raw)
	if err != nil && !errors.Is(err, session.ErrInvalid) {
		t.Fatalf("using the access token: err = %v, want nil or ErrInvalid", err)
	}
	found, inspectErr := q.sessions.Inspect(t.Context(), store.Client{ID: "resource"}, a.raw)
	if want := q.m.opens(a); (err == nil) != want || found.Active != want || inspectErr != nil {
		t.Fatalf("using an access token: %v; introspecting it: %v, %v; want %v as the model says", err, found.Active, inspectErr, want)
	}
	if err == nil && (actor.Role != a.in.of.Role || found.Role != a.in.of.Role || actor.SessionID != a.in.id) {
		t.Fatalf("the actor is %+v, the introspection %+v, want the role %s and the session %v in both", actor, found, a.in.of.Role, a.in.id)
	}
}

func (q *sequence) introspect(t *rapid.T) { q.inspected(t, pick(t, q.shown(), "refresh token")) }

func (q *sequence) inspected(t *rapid.T, r *refreshToken) {
	want := q.m.current(r)
	found, err := q.sessions.Inspect(t.Context(), r.in.app.Client, r.raw)
	if q.m.away && q.m.living(r.in) && q.m.now.Before(r.expires) {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("without Redis, introspection of a refresh token: %v, %v; want ErrUnavailable", found.Active, err)
		}
		return
	}
	if err != nil || found.Active != want {
		t.Fatalf("introspection of a refresh token: %v, %v; want %v as the model says", found.Active, err, want)
	}
	if other, err := q.sessions.Inspect(t.Context(), store.Client{ID: "resource"}, r.raw); err != nil || other.Active {
		t.Fatalf("another client introspects a refresh token: %v, %v; want false", other.Active, err)
	}
}

// onePlace checks that a token has two successors only in a family that is known to
// have forked.
func (q *sequence) onePlace(t *rapid.T) {
	for _, r := range q.m.refresh {
		if len(r.next) > 1 && !r.in.forked {
			t.Fatalf("a refresh token has %d successors, want at most one", len(r.next))
		}
	}
}

// finish checks every token that was ever issued.
func (q *sequence) finish(t *rapid.T) {
	if q.m.away {
		q.redisAway(false)(t)
	}
	for _, a := range q.m.access {
		q.used(t, a)
	}
	for _, r := range q.shown() {
		q.inspected(t, r)
	}
	for _, f := range q.m.families {
		q.remembered(t, f)
	}
}

// remembered checks that an ended session stays on record as ended.
func (q *sequence) remembered(t *rapid.T, f *family) {
	kept, _, err := q.db.SessionWithUser(t.Context(), f.id)
	if f.of.gone {
		if !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("the session of a deleted person: err = %v, want ErrNotFound", err)
		}
		return
	}
	if err != nil || kept.EndedAt.IsZero() == !f.standing() || !f.standing() && strings.TrimSpace(string(kept.EndReason)) == "" {
		t.Fatalf("on record the session ended at %s for %q, %v; want ended %v", kept.EndedAt, kept.EndReason, err, !f.standing())
	}
}
