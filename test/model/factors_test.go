package model_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// needsFactor is the answer of the token endpoint to a right password alone.
const needsFactor = string(oauth.MFARequired)

// maxTries is how many factors may be tried at one waiting sign-in.
const maxTries = 5

// The model's factors of a person, and the sign-ins that wait for one.
type (
	factors struct {
		app      *authenticator
		passkeys [][]byte
		codes    []string // recovery codes that are good
		spent    []string // recovery codes that were used or replaced
	}
	authenticator struct {
		secret factor.Secret
		last   int64 // the step of the last code that was accepted
	}
	waiting struct {
		raw     string
		of      *person
		app     *app
		founded store.Generation
		until   time.Time
		tries   int
		taken   bool
	}
)

// second reports whether the person's password alone is not enough.
func (f *factors) second() bool { return f.app != nil || len(f.passkeys) > 0 }

// takes returns what the token endpoint takes beside the password.
func (f *factors) takes() (kinds []string) {
	if f.app != nil {
		kinds = append(kinds, "totp")
	}
	if len(f.codes) > 0 {
		kinds = append(kinds, "recovery_code")
	}
	return kinds
}

// spend makes the recovery codes worthless.
func (f *factors) spend(codes ...string) {
	f.spent = append(f.spent, codes...)
	f.codes = slices.DeleteFunc(f.codes, func(c string) bool { return slices.Contains(codes, c) })
}

// open reports whether the sign-in still waits for a factor.
func (m *model) open(w *waiting) bool {
	return !w.taken && w.tries < maxTries && m.now.Before(w.until) && w.of.here() && w.founded == w.of.Generation
}

// wait adds the sign-in that an answer says is waiting.
func (q *sequence) wait(t *rapid.T, a *app, p *person, got answer) {
	if got.AuthSession == "" || !slices.Equal(got.Factors, p.has.takes()) {
		t.Fatalf("the answer takes %v, want %v as the model says, and an auth_session", got.Factors, p.has.takes())
	}
	q.m.waiting = append(q.m.waiting, &waiting{raw: got.AuthSession, of: p, app: a, founded: p.Generation, until: q.m.now.Add(factor.WaitingFor)})
}

// A shown is what somebody shows beside a password. Use uses it up in the model.
type shown struct {
	parameter, value string
	right            bool
	use              func()
}

// show draws what is shown for the person: one of their factors, one that is used up, a
// guess, or nothing.
func (q *sequence) show(t *rapid.T, p *person) shown {
	what := rapid.SampledFrom([]string{"code", "code", "code", "recovery code", "recovery code", "old recovery code", "guess", "nothing"}).Draw(t, "factor")
	switch has := &p.has; {
	case what == "nothing":
		return shown{}
	case what == "code" && has.app != nil:
		step := factor.StepAt(q.m.now)
		return shown{"otp", q.code(t, has.app.secret), step > has.app.last, func() { has.app.last = step }}
	case what == "recovery code" && len(has.codes) > 0:
		code := has.codes[0]
		return shown{"recovery_code", code, true, func() { q.spend(p, code) }}
	case what == "old recovery code" && len(has.spent) > 0:
		return shown{parameter: "recovery_code", value: pick(t, has.spent, "old recovery code")}
	}
	return guess
}

func (s shown) in(form url.Values) url.Values {
	if s.parameter != "" {
		form.Set(s.parameter, s.value)
	}
	return form
}

func (q *sequence) spend(p *person, code string) {
	if p.has.spend(code); len(p.has.codes) == 0 {
		p.Factors &^= store.FactorRecovery
	}
}

// code returns what the authenticator app shows now.
func (q *sequence) code(t *rapid.T, secret factor.Secret) string {
	code, err := totp.GenerateCode(string(secret), q.m.now)
	if err != nil {
		t.Fatalf("making a code: %v", err)
	}
	return code
}

// beginAndGoOn enters a password, after which the account may change, and goes on.
func (q *sequence) beginAndGoOn(t *rapid.T) {
	var with []*person
	for _, p := range q.m.people {
		if p.has.second() && p.here() {
			with = append(with, p)
		}
	}
	a, p := pick(t, q.m.apps[:2], "app"), pick(t, with, "person with a factor")
	q.withPassword(t, a, p, "", shown{})
	if rapid.Bool().Draw(t, "changed meanwhile") {
		rapid.SampledFrom([]func(*rapid.T){q.changeFactor, q.changePerson, q.newCodes, q.endAll}).Draw(t, "change")(t)
	}
	if a.Disabled {
		return
	}
	w := q.m.waiting[len(q.m.waiting)-1]
	for range rapid.SampledFrom([]int{0, 0, 0, maxTries - 1, maxTries}).Draw(t, "guesses") {
		q.goOnAs(t, w, a, "", guess)
	}
	q.goOnWith(t, w)
}

// guess is too short to be right by chance.
var guess = shown{parameter: "otp", value: "12345"}

// goOn goes on with any waiting sign-in.
func (q *sequence) goOn(t *rapid.T) { q.goOnWith(t, pick(t, q.m.waiting, "waiting sign-in")) }

// goOnWith goes on with a waiting sign-in, mostly as the app that has it.
func (q *sequence) goOnWith(t *rapid.T, w *waiting) {
	by := w.app
	if rapid.IntRange(0, 5).Draw(t, "client") == 0 {
		by = pick(t, q.m.apps[:2], "app")
	}
	q.goOnAs(t, w, by, scopes.Draw(t, "scope"), q.show(t, w.of))
}

func (q *sequence) goOnAs(t *rapid.T, w *waiting, by *app, asked string, what shown) {
	want := q.m.goOn(w, by, asked, what)
	got := q.post(t, "/oauth/token", by.Client, what.in(url.Values{"grant_type": {"password"}, "auth_session": {w.raw}, "scope": {asked}}))
	if q.answered(t, got, want); want == needsFactor && got.AuthSession != w.raw {
		t.Fatalf("the sign-in waits under %q, want the same name as before", got.AuthSession)
	}
	if want == granted {
		q.began(t, by, w.of, asked, got, signin.ACRMFA)
	}
}

// goOn predicts the answer to a request that goes on with a waiting sign-in.
func (m *model) goOn(w *waiting, by *app, asked string, what shown) string {
	switch {
	case by.Disabled:
		return badClient
	case !within(asked, by.Scope):
		return badScope
	case by != w.app, !m.open(w):
		return badGrant
	case what.parameter == "":
		return needsFactor
	}
	w.tries++
	switch {
	case what.right:
		what.use()
		w.taken = true
		return granted
	case w.tries == maxTries:
		return badGrant
	}
	return needsFactor
}

// owner returns the person as they act at their own account, perhaps sparing a session.
func (q *sequence) owner(t *rapid.T, p *person) authz.Actor {
	a := q.byFactor(p)
	if len(q.m.families) > 0 && rapid.Bool().Draw(t, "sparing one") {
		a.SessionID = pick(t, q.m.families, "session").id
	}
	return a
}

// byFactor returns the person as they act after a sign-in with a factor.
func (q *sequence) byFactor(p *person) authz.Actor {
	return authz.Actor{UserID: p.ID, Sub: p.Sub, Role: p.Role, Scope: authz.ForRole(p.Role), SignedInAt: q.m.now, ACR: signin.ACRMFA}
}

// A factorChange is an act on one's own factors, its error, and what it leads to.
type factorChange struct {
	act  func(context.Context, authz.Actor, store.User) (account.FactorChange, error)
	want error
	done func()
	adds bool
}

// changeFactor adds or removes a factor of a person.
func (q *sequence) changeFactor(t *rapid.T) {
	p := pick(t, q.m.people, "person")
	q.change(t, p, q.owner(t, p), q.factorChange(t, &p.has))
}

// change makes a change, and predicts what it ends and which codes it gives.
func (q *sequence) change(t *rapid.T, p *person, actor authz.Actor, change factorChange) {
	if !p.here() {
		change.want = signin.ErrCredentialsChanged
	}
	done, err := change.act(t.Context(), actor, p.User)
	if !errors.Is(err, change.want) {
		t.Fatalf("changing a factor: err = %v, want %v as the model says", err, change.want)
	}
	if err != nil {
		return
	}
	change.done()
	if gives := change.adds && len(p.has.codes) == 0; len(done.Codes) != map[bool]int{true: factor.HowManyCodes}[gives] {
		t.Fatalf("the change gives %d recovery codes, want some: %v as the model says", len(done.Codes), gives)
	}
	if p.has.codes = append(p.has.codes, done.Codes...); !p.has.second() {
		p.has.spend(p.has.codes...)
	}
	q.m.endAll(p, actor.SessionID)
	q.known(t, p, done.User)
}

func (q *sequence) factorChange(t *rapid.T, has *factors) factorChange {
	switch what := rapid.SampledFrom([]string{"add app", "add app", "add passkey", "remove app", "remove passkey"}).Draw(t, "what"); {
	case what == "add app" && has.app == nil:
		return q.newApp(t, has)
	case what == "add passkey":
		id := []byte(rand.Text())
		return factorChange{q.addPasskey(id), nil, func() { has.passkeys = append(has.passkeys, id) }, true}
	case what == "remove passkey" && len(has.passkeys) > 0:
		last := len(has.passkeys) - 1
		return factorChange{q.removePasskey(has.passkeys[last]), nil, func() { has.passkeys = has.passkeys[:last] }, false}
	case what == "remove passkey":
		return factorChange{act: q.removePasskey([]byte("unknown")), want: store.ErrNotFound}
	case has.app == nil:
		return factorChange{act: q.people.RemoveTOTP, want: store.ErrNotFound}
	}
	return factorChange{q.people.RemoveTOTP, nil, func() { has.app = nil }, false}
}

func (q *sequence) newApp(t *rapid.T, has *factors) factorChange {
	app := &authenticator{}
	return factorChange{q.addApp(t, app), nil, func() { has.app = app }, true}
}

func (q *sequence) addApp(t *rapid.T, app *authenticator) func(context.Context, authz.Actor, store.User) (account.FactorChange, error) {
	return func(ctx context.Context, actor authz.Actor, me store.User) (account.FactorChange, error) {
		setup, err := q.people.SetUpTOTP(ctx, actor, me, true)
		if err != nil {
			return account.FactorChange{}, err
		}
		app.secret, app.last = setup.Secret, factor.StepAt(q.m.now)
		return q.people.ConfirmTOTP(ctx, actor, me, q.code(t, setup.Secret))
	}
}

func (q *sequence) addPasskey(id []byte) func(context.Context, authz.Actor, store.User) (account.FactorChange, error) {
	return func(ctx context.Context, actor authz.Actor, me store.User) (account.FactorChange, error) {
		return q.people.AddPasskey(ctx, actor, me, store.Passkey{ID: id, Name: "Key", Credential: []byte("{}"), CreatedAt: q.m.now})
	}
}

func (q *sequence) removePasskey(id []byte) func(context.Context, authz.Actor, store.User) (account.FactorChange, error) {
	return func(ctx context.Context, actor authz.Actor, me store.User) (account.FactorChange, error) {
		return q.people.RemovePasskey(ctx, actor, me, id)
	}
}

// known checks the person's factors and generation after a change.
func (q *sequence) known(t *rapid.T, p *person, got store.User) {
	if want := p.has.kept(); got.Factors != want || got.Generation != p.Generation {
		t.Fatalf("factors %b and generation %d, want %b and %d as the model says", got.Factors, got.Generation, want, p.Generation)
	}
	p.User = got
}

// kept returns the factors as the person's row has them.
func (f *factors) kept() (has store.Factors) {
	if f.app != nil {
		has |= store.FactorTOTP
	}
	if len(f.passkeys) > 0 {
		has |= store.FactorPasskey
	}
	if len(f.codes) > 0 {
		has |= store.FactorRecovery
	}
	return has
}

// newCodes replaces the recovery codes, which ends nothing.
func (q *sequence) newCodes(t *rapid.T) {
	p := pick(t, q.m.people, "person")
	if !p.has.second() || !p.here() {
		t.Skip("no factor")
	}
	done, err := q.people.NewRecoveryCodes(t.Context(), q.owner(t, p), p.User)
	if err != nil {
		t.Fatalf("replacing recovery codes: %v", err)
	}
	p.has.spend(p.has.codes...)
	p.has.codes = done.Codes
	q.known(t, p, done.User)
}

// resetFactors takes all factors of a person away, as an administrator does.
func (q *sequence) resetFactors(t *rapid.T) {
	p := pick(t, q.m.people, "person")
	if p.gone || !p.has.second() {
		t.Skip("no factor")
	}
	if err := q.people.ResetFactors(t.Context(), authz.Operator, p.ID, ""); err != nil {
		t.Fatalf("resetting factors: %v", err)
	}
	p.has.spend(p.has.codes...)
	p.has.app, p.has.passkeys = nil, nil
	q.m.endAll(p, "")
	got, err := q.db.UserByID(t.Context(), p.ID)
	if err != nil {
		t.Fatalf("reading the user: %v", err)
	}
	q.known(t, p, got)
}

// SignIn counts nothing; package throttle tests its counts itself.
func (unlimited) SignIn(context.Context, throttle.Account) (*throttle.Attempt, error) {
	return &throttle.Attempt{}, nil
}

// proofHere draws the proof of a person at our own front end, and predicts the error of a
// sign-in with it.
func (q *sequence) proofHere(t *rapid.T, p *person) (signin.Proof, error) {
	proven, want := p.User, error(nil)
	if stale := rapid.IntRange(0, 3).Draw(t, "proof") == 0; stale { // it was given before all that was theirs ended
		proven.Generation--
		proven.Factors = 0
	}
	if proven.Generation != p.Generation || !p.here() {
		want = signin.ErrCredentialsChanged
	}
	if len(p.has.passkeys) > 0 && rapid.Bool().Draw(t, "by passkey") {
		return signin.Passkey(proven, signin.ByPasskey, q.clock()), want
	}
	proof := signin.Password(proven, signin.ByLogin, q.clock())
	if proof.Lacks != signin.LacksNothing {
		want = signin.ErrIncomplete
	}
	return proof, want
}
