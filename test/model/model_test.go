package model_test

import (
	"strings"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// unknownScope is ignored, and so leaves nothing to ask for.
const unknownScope = "admin"

const allScope = "openid account users:read"

// The model's people, apps, families of tokens, and tokens.
type (
	person struct {
		store.User
		gone bool
		has  factors
	}
	app struct {
		store.Client
		canRefresh bool
	}
	family struct {
		id    string
		of    *person
		app   *app
		scope string
		until time.Time
		ended bool
		// founded is the generation of the person when the family began, or was spared.
		founded store.Generation
		record  place  // in SQL
		moving  *place // in Redis; nil if Redis has none
		// used is when the record was last written, which decides when it is written next.
		used time.Time
		// forked is set if Redis was lost between two uses of one token (decision 1, "What
		// remains").
		forked bool
	}
	// A place is the state of a family: its last rotation.
	place struct {
		last, before *refreshToken
		at           time.Time
	}
	refreshToken struct {
		raw             string // empty if the app never got it
		in              *family
		gen             int
		issued, expires time.Time
		next            []*refreshToken
	}
	accessToken struct {
		raw     string
		in      *family
		expires time.Time
	}
)

// A model predicts the answers of the endpoints.
type model struct {
	redis    bool // Redis holds the moving part
	away     bool
	now      time.Time
	people   []*person
	apps     []*app
	families []*family
	refresh  []*refreshToken
	access   []*accessToken
	waiting  []*waiting
	saved    map[*family]place // the snapshot of Redis
}

// The answers of the token endpoint, besides tokens.
const (
	granted   = ""
	badClient = string(oauth.InvalidClient)
	badGrant  = string(oauth.InvalidGrant)
	badScope  = string(oauth.InvalidScope)
	notYours  = string(oauth.UnauthorizedClient)
	later     = string(oauth.TemporarilyUnavailable)
)

func (m *model) second() time.Time { return m.now.Truncate(time.Second) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (p *person) here() bool { return !p.gone && p.Active }

func (a *app) builtIn() bool { return a.ID == session.AccountsID }

// adopted reports whether the record alone decides, and forgets no use.
func (a *app) adopted() bool { return a.Rotation == store.RotationAdopted }

// signIn predicts the code of a sign-in.
func (m *model) signIn(a *app, p *person, asked string, what shown) string {
	switch {
	case a.builtIn():
		return granted
	case a.Disabled:
		return badClient
	case !within(asked, a.Scope):
		return badScope
	case !p.here():
		return badGrant
	case p.has.second() && !what.right:
		return needsFactor
	}
	return granted
}

// begin makes a new family, and its first refresh token.
func (m *model) begin(a *app, p *person, scope string) *family {
	f := &family{of: p, app: a, scope: scope, founded: p.Generation, until: m.second().Add(absolute), used: m.now}
	f.record = place{last: m.token(f, 1)}
	m.families = append(m.families, f)
	return f
}

func (m *model) token(f *family, gen int) *refreshToken {
	t := &refreshToken{in: f, gen: gen, issued: m.second(), expires: earlier(m.second().Add(idle), f.until)}
	m.refresh = append(m.refresh, t)
	return t
}

// living reports whether tokens of the family are good for anything.
func (m *model) living(f *family) bool {
	return f.of.here() && f.standing() && f.until.Sub(m.now) >= time.Second
}

// standing reports whether nobody has ended the family.
func (f *family) standing() bool { return !f.ended && f.founded == f.of.Generation }

// endAll raises the person's generation, carries the family that is spared, and returns
// how many it ends.
func (m *model) endAll(p *person, spare string) (ends int) {
	last := p.Generation
	p.Generation = max(last+1, store.Generation(m.now.UnixMilli()))
	for _, f := range m.families {
		switch {
		case f.of != p || f.ended || f.founded != last:
		case f.id == spare && spare != "":
			f.founded = p.Generation
		default:
			ends++
		}
	}
	return ends
}

// useful reports whether the family's app could refresh.
func (m *model) useful(f *family) bool {
	return m.living(f) && !f.app.Disabled && f.app.canRefresh && within(m.scopeOf(f), f.app.Scope)
}

// opens predicts whether an access token is good.
func (m *model) opens(t *accessToken) bool {
	return m.now.Before(t.expires) && m.living(t.in) && !t.in.app.Disabled
}

// scopeOf returns the scope that a refresh without one is granted.
func (m *model) scopeOf(f *family) string {
	if f.app.builtIn() {
		return string(authz.ForRole(f.of.Role))
	}
	return common(f.scope, f.app.Scope)
}

// common returns the scopes of a that b has, too.
func common(a, b string) string {
	return string(authz.Scope(a).Filter(authz.Scope(b).Has))
}

// exchange predicts a refresh: the code, and the successor. The successor is new if
// its raw is empty.
func (m *model) exchange(by *app, t *refreshToken, asked string) (code string, next *refreshToken) {
	granting := m.scopeOf(t.in)
	switch {
	case by.Disabled:
		return badClient, nil
	case !by.canRefresh:
		return notYours, nil
	case !m.now.Before(t.expires), t.in.app != by, !m.living(t.in):
		return badGrant, nil
	case granting == "" && t.in.scope != "": // nothing is left that the app may have
		return badGrant, nil
	case asked == unknownScope, !within(asked, granting):
		return badScope, nil
	case m.away:
		return later, nil
	}
	if next = m.rotate(t); next == nil {
		t.in.ended = true
		return badGrant, nil
	}
	return granted, next
}

// rotate predicts store.Rotations. It returns nil for a used token that is too old for
// a repeated answer.
func (m *model) rotate(t *refreshToken) *refreshToken {
	f := t.in
	at, lost := f.record, false
	if m.redis && !f.app.adopted() {
		if lost = f.moving == nil || f.moving.last.gen < f.record.last.gen; !lost {
			at = *f.moving
		}
	}
	if t.gen > at.last.gen { // it was issued, so it is the last
		at.last = t
	}
	switch {
	case t == at.last:
		return m.step(t)
	case t.gen != at.last.gen-1:
		return nil
	case f.app.adopted() && at.before == t:
		return at.last
	case lost && at.last.issued.Sub(m.second()).Abs() <= grace+outage:
		return at.last
	case !lost && at.before == t && m.now.Sub(at.at) <= grace:
		return at.last
	}
	return nil
}

// step makes the successor of t.
func (m *model) step(t *refreshToken) *refreshToken {
	f, next := t.in, m.token(t.in, t.gen+1)
	t.next = append(t.next, next)
	there := place{last: next, before: t, at: m.now}
	if !m.redis || f.app.adopted() {
		f.record = there
		return next
	}
	f.moving = &there
	if m.now.Sub(f.used) >= touchEvery {
		f.record, f.used = place{last: next}, m.now
	}
	return next
}

// current predicts whether an introspection calls a refresh token good.
func (m *model) current(t *refreshToken) bool {
	f := t.in
	at := f.record
	if m.redis && f.moving != nil && f.moving.last.gen >= at.last.gen {
		at = *f.moving
	}
	good := t.gen > at.last.gen || t == at.last || f.app.adopted() && t == at.before
	return m.now.Before(t.expires) && m.living(f) && good
}

// loseRedis replaces the data of Redis by what was saved.
func (m *model) loseRedis(saved map[*family]place) {
	for _, f := range m.families {
		f.moving = nil
		if p, ok := saved[f]; ok {
			f.moving = &p
		}
	}
}

func (m *model) save() {
	m.saved = map[*family]place{}
	for _, f := range m.families {
		if f.moving != nil {
			m.saved[f] = *f.moving
		}
	}
}

// end ends the families for which which returns true, and counts them.
func (m *model) end(which func(*family) bool) (n int) {
	for _, f := range m.families {
		if f.standing() && !f.of.gone && which(f) {
			f.ended = true
			n++
		}
	}
	return n
}

// within reports whether every word of a is one of b.
func within(a, b string) bool {
	for word := range strings.FieldsSeq(a) {
		if !strings.Contains(" "+b+" ", " "+word+" ") {
			return false
		}
	}
	return true
}
