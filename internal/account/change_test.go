package account_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/internal/password"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

func TestAChangeTouchesWhatItNames(t *testing.T) {
	w := open(t)
	boss, ann := w.person("boss", store.RoleAdmin), w.person("ann", store.RoleUser)
	sid := w.session(ann)
	w.advance(time.Minute)
	got, err := w.Change(t.Context(), as(boss, ""), ann, account.Input{Role: fields.Given("staff"), LastName: fields.Given("L")}, false)
	if err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	want := ann
	want.Role, want.LastName, want.UpdatedAt = store.RoleStaff, "L", ann.JoinedAt.Add(time.Minute)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the changed user differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, w.read(ann.ID)); diff != "" {
		t.Errorf("the user on record differs (-want +got):\n%s", diff)
	}
	if living := w.living(ann); !slices.Equal(living, []string{sid}) {
		t.Errorf("a change of role ended sessions: %v, want %v", living, []string{sid})
	}
	line := "user:" + boss.Sub + " user:" + ann.Sub + ` {"before":{"last_name":"","role":"user"},"after":{"last_name":"L","role":"staff"}}`
	if lines := w.evidence("user.updated"); len(lines) != 1 || lines[0] != line {
		t.Errorf("evidence: %s, want one line %s", lines, line)
	}
	if _, err := w.Change(t.Context(), as(boss, ""), ann, account.Input{Role: fields.Given("staff"), Username: fields.Given("ann")}, false); err != nil {
		t.Errorf("changing the user: %v", err)
	}
	if lines := w.evidence("user.updated"); len(lines) != 1 {
		t.Errorf("a change without an effect is on record: %s, want one line", lines)
	}
}

func TestWhatEndsSessions(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     account.Input
		reason string
	}{
		{"a new password", account.Input{Password: fields.Given("another long secret")}, "password changed"},
		{"deactivation", account.Input{Active: fields.On(false)}, "deactivated"},
	} {
		w := open(t)
		boss, ann := w.person("boss", store.RoleAdmin), w.person("ann", store.RoleUser)
		one, two, others := w.session(ann), w.session(ann), w.session(boss)
		if _, err := w.Change(t.Context(), as(boss, others), ann, c.in, false); err != nil {
			t.Fatalf("changing the user: %v", err)
		}
		if living := w.living(ann); len(living) != 0 {
			t.Errorf("%s: living sessions = %v, want none", c.name, living)
		}
		if len(w.living(boss)) != 1 {
			t.Errorf("%s: others were signed out, want their sessions to live", c.name)
		}
		slices.Sort(w.forgotten)
		if want := sorted(one, two); !slices.Equal(w.forgotten, want) {
			t.Errorf("%s: forgotten %v, want %v", c.name, w.forgotten, want)
		}
		lines := w.evidence("session.ended")
		if len(lines) != 2 || !strings.Contains(lines[0], c.reason) {
			t.Errorf("%s: evidence %s, want two lines, the first with %s", c.name, lines, c.reason)
		}
	}
}

func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}

func TestDelete(t *testing.T) {
	w := open(t)
	boss, ann := w.person("boss", store.RoleAdmin), w.person("ann", store.RoleUser)
	sid := w.session(ann)
	if err := w.Delete(t.Context(), as(w.person("stef", store.RoleStaff), ""), ann.ID, ""); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("staff: err = %v, want ErrDenied", err)
	}
	if err := w.Delete(t.Context(), as(boss, ""), ann.ID, ""); err != nil {
		t.Fatalf("deleting the user: %v", err)
	}
	if !slices.Equal(w.forgotten, []string{sid}) {
		t.Errorf("forgotten: %v, want %v", w.forgotten, []string{sid})
	}
	if err := w.Delete(t.Context(), as(boss, ""), ann.ID, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("twice: err = %v, want ErrNotFound", err)
	}
	if lines := w.evidence("user.deleted"); len(lines) != 1 || !strings.Contains(lines[0], `"username":"ann"`) {
		t.Errorf("evidence: %s, want one line with the name ann", lines)
	}
	again, err := w.SignUp(t.Context(), input("ann"))
	if err != nil || again.ID == ann.ID || again.Sub == ann.Sub {
		t.Errorf("the name again: %+v, %v; want a user with another ID and subject", again, err)
	}
}

// However administrators remove each other and themselves at once, one remains.
func TestTheLastAdministratorStays(t *testing.T) { everywhere(t, theLastAdministratorStays) }

func theLastAdministratorStays(t *testing.T, w *world) {
	var admins []store.User
	for _, name := range []string{"a1", "a2", "a3", "a4", "a5"} {
		admins = append(admins, w.person(name, store.RoleAdmin))
	}
	acts := []func(actor authz.Actor, target store.User) error{
		func(a authz.Actor, u store.User) error { return w.Delete(t.Context(), a, u.ID, "") },
		func(a authz.Actor, u store.User) error {
			_, err := w.Change(t.Context(), a, u, account.Input{Role: fields.Given("user")}, false)
			return err
		},
		func(a authz.Actor, u store.User) error {
			_, err := w.Change(t.Context(), a, u, account.Input{Active: fields.On(false)}, false)
			return err
		},
	}
	race(t, 60, func(i int) bool {
		actor, target := as(admins[i%5], ""), admins[(i/5)%5]
		err := acts[i%3](actor, target)
		switch {
		case err == nil, errors.Is(err, authz.ErrLastAdmin), errors.Is(err, authz.ErrDenied), errors.Is(err, store.ErrNotFound):
		default:
			t.Errorf("stepping down: err = %v, want nil or a refusal", err)
		}
		return false
	}, 0)
	active := true
	page, err := w.db.ListUsers(t.Context(), store.UserQuery{Role: store.RoleAdmin, Active: &active, OrderBy: store.ByID, Limit: 10})
	if err != nil || page.Total < 1 {
		t.Fatalf("%d administrators are left, %v; want at least one", page.Total, err)
	}
	last := page.Users[0]
	for _, u := range page.Users[1:] {
		if err := w.Delete(t.Context(), authz.Operator, u.ID, ""); err != nil {
			t.Fatalf("deleting the user: %v", err)
		}
	}
	for i, act := range acts {
		if err := act(as(last, ""), last); !errors.Is(err, authz.ErrLastAdmin) {
			t.Errorf("act %d on the last one: err = %v, want ErrLastAdmin", i, err)
		}
	}
}

// Two administrators step down at the same time. Neither touches the other's row, so only
// a shared lock can keep one of them.
func TestTwoWhoStepDownAtOnceLeaveOne(t *testing.T) {
	everywhere(t, twoWhoStepDownAtOnceLeaveOne)
}

func twoWhoStepDownAtOnceLeaveOne(t *testing.T, w *world) {
	pair := []store.User{w.person("a1", store.RoleAdmin), w.person("a2", store.RoleAdmin)}
	ways := map[string]func(u store.User) error{
		"demoted": func(u store.User) error {
			_, err := w.Change(t.Context(), as(u, ""), u, account.Input{Role: fields.Given("user")}, false)
			return err
		},
		"deactivated": func(u store.User) error {
			_, err := w.Change(t.Context(), as(u, ""), u, account.Input{Active: fields.On(false)}, false)
			return err
		},
	}
	back := account.Input{Role: fields.Given("admin"), Active: fields.On(true)}
	for round := range 10 {
		for name, way := range ways {
			race(t, 50, func(i int) bool { return way(pair[i%2]) == nil }, 1)
			if found, err := w.db.HasAdmin(t.Context()); err != nil || !found {
				t.Fatalf("round %d, %s: every administrator is gone, %v; want one to remain", round, name, err)
			}
			for _, u := range pair {
				if _, err := w.Change(t.Context(), authz.Operator, w.read(u.ID), back, false); err != nil {
					t.Fatalf("changing the user: %v", err)
				}
			}
		}
	}
}

func TestOwnChanges(t *testing.T) {
	given := fields.Given
	for _, c := range []struct {
		name  string
		in    account.Input
		field string // refused with a message for it; empty: accepted
		want  func(store.User) bool
		ends  bool
	}{
		{"a name", account.Input{FirstName: given("Ann")}, "", func(u store.User) bool { return u.FirstName == "Ann" }, false},
		{"the username, without proof", account.Input{Username: given("annie")}, "current_password", nil, false},
		{"the username in another spelling", account.Input{Username: given("Ann")}, "current_password", nil, false},
		{"the username as it is", account.Input{Username: given("ann")}, "", func(u store.User) bool { return u.Username == "ann" }, false},
		{"the username", account.Input{Username: given("annie"), CurrentPassword: given(secret)}, "", func(u store.User) bool { return u.Username == "annie" }, false},
		{"the same role", account.Input{Role: given("user")}, "", func(u store.User) bool { return u.Role == store.RoleUser }, false},
		{"another role", account.Input{Role: given("admin")}, "role", nil, false},
		{"being active", account.Input{Active: fields.On(false)}, "", func(u store.User) bool { return u.Active }, false},
		{"the password, without proof", account.Input{Password: given("another long secret")}, "current_password", nil, false},
		{"the password, with a wrong proof", account.Input{Password: given("another long secret"), CurrentPassword: given("no")}, "current_password", nil, false},
		{"the password", account.Input{Password: given("another long secret"), CurrentPassword: given(secret)}, "", nil, true},
		{"the password as it is", account.Input{Password: given(secret)}, "", nil, false},
		{"the address, without proof", account.Input{Email: given("new@example.com")}, "current_password", nil, false},
		{"the address", account.Input{Email: given("new@example.com"), CurrentPassword: given(secret)}, "",
			func(u store.User) bool { return u.Email == "new@example.com" && !u.EmailVerified }, false},
		{"the address as it is", account.Input{Email: given("ann@example.com")}, "", func(u store.User) bool { return u.EmailVerified }, false},
		{"the address in another spelling", account.Input{Email: given("Ann@example.com")}, "current_password", nil, false},
		{"another's name, without proof", account.Input{Username: given("BOSS")}, "current_password", nil, false},
		{"another's address, with a wrong proof", account.Input{Email: given("boss@example.com"), CurrentPassword: given("no")}, "current_password", nil, false},
		{"another's name", account.Input{Username: given("BOSS"), CurrentPassword: given(secret)}, "username", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			w.person("boss", store.RoleAdmin)
			ann := w.person("ann", store.RoleUser)
			verified := true
			if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, store.UserChange{EmailVerified: &verified}) }); err != nil {
				t.Fatalf("changing the user: %v", err)
			}
			ann.EmailVerified = true
			here, elsewhere := w.session(ann), w.session(ann)
			got, err := w.ChangeOwn(t.Context(), as(ann, here), ann, c.in, false)
			var faults *fields.Errors
			if (err == nil) != (c.field == "") || err != nil && (!errors.As(err, &faults) || !faults.Has(c.field)) {
				t.Fatalf("err = %v, want a fault in the field %q", err, c.field)
			}
			now := w.read(ann.ID)
			if err == nil && !cmp.Equal(got, now) || err != nil && !cmp.Equal(ann, now) {
				t.Errorf("the record says %+v, want what was answered", now)
			}
			if c.want != nil && !c.want(now) {
				t.Errorf("the record says %+v, want the change", now)
			}
			want := sorted(here, elsewhere)
			if c.ends {
				want = []string{here}
			}
			if living := w.living(ann); !slices.Equal(living, want) {
				t.Errorf("sessions %v, want %v", living, want)
			}
		})
	}
}

// Whether a name exists is not told without the proof, nor faster than at sign-up.
func TestNamesAreNotProbedHere(t *testing.T) {
	w := open(t)
	w.SignUpOpen = false
	w.Limits.Rules.SignUp.Free = 3
	ann := w.person("ann", store.RoleUser)
	w.person("bob", store.RoleUser)
	try := func(email, proof string) error {
		_, err := w.ChangeOwn(from(t.Context(), "192.0.2.1"), as(ann, ""), ann, account.Input{Email: fields.Given(email), CurrentPassword: fields.Given(proof)}, false)
		return err
	}
	taken, free := try("bob@example.com", "a wrong one"), try("nobody@example.com", "a wrong one")
	if taken == nil || free == nil || taken.Error() != free.Error() {
		t.Errorf("without the proof: a taken address is answered %v, a free one %v; want the same refusal", taken, free)
	}
	for i := range 4 {
		err := try("bob@example.com", secret)
		if _, limited := errors.AsType[*throttle.Limited](err); limited != (i == 3) {
			t.Errorf("try %d with the proof: err = %v, want a delay after three", i+1, err)
		}
	}
	if err := try("ann@example.com", secret); err != nil {
		t.Errorf("one's own address again: %v, want no slot to be needed", err)
	}
}

// A form of one's own account has all its faults at once, too, and a taken name only after
// the proof.
func TestOwnChangesReportEveryFault(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	w.person("bob", store.RoleUser)
	for proof, want := range map[string][]string{
		secret:        {"email", "password", "username"},
		"a wrong one": {"current_password", "email", "password"},
		"":            {"email", "password"},
	} {
		_, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, account.Input{
			Username: fields.Given("bob"), Email: fields.Given("bad"), Password: fields.Given("x"),
			CurrentPassword: fields.Text{Sent: proof != "", Value: proof},
		}, false)
		var faults *fields.Errors
		if !errors.As(err, &faults) {
			t.Fatalf("with %q: err = %v, want faults of fields", proof, err)
		}
		if got := slices.Sorted(maps.Keys(faults.Map())); !slices.Equal(got, want) {
			t.Errorf("with %q: faults in %v, want %v", proof, got, want)
		}
	}
}

// Names that were given out by older rules stay, in every change that repeats them.
func TestANameOfOlderRulesStays(t *testing.T) {
	for _, name := range []string{"ceo@corp.example", "аррӏе", "ᴀdmin", "shop"} {
		w := open(t)
		user := w.person("old", store.RoleUser)
		key := names.Lookup(name)
		if err := w.db.Write(t.Context(), func(tx store.Tx) error {
			if err := tx.CreateClient(store.Client{ID: "shop", Name: "Shop", AuthMethod: store.NoSecret}); err != nil {
				return err
			}
			return tx.UpdateUser(user.ID, store.UserChange{Username: &name, UsernameKey: &key})
		}); err != nil {
			t.Fatalf("giving the name %s: %v", name, err)
		}
		if _, err := w.CheckPassword(t.Context(), name, secret, "login"); err != nil {
			t.Errorf("%s: signing in: %v", name, err)
		}
		user = w.read(user.ID)
		in := account.Input{Username: fields.Given(name), Email: fields.Given(user.Email), Password: fields.Given(secret), FirstName: fields.Given("Ann")}
		if _, err := w.ChangeOwn(t.Context(), as(user, ""), user, in, true); err != nil {
			t.Errorf("%s: saving the profile with the name as it is: %v", name, err)
		}
	}
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	own := account.Input{Username: fields.Given("Ann@example.com"), CurrentPassword: fields.Given(secret)}
	if _, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, own, false); err != nil {
		t.Errorf("one's own address as a username: %v, want it accepted", err)
	}
}

// With their token alone, nobody takes over an administrator's account through the
// endpoints for other people's.
func TestAdministratorsProveThemselvesToChangeTheirOwn(t *testing.T) {
	given := fields.Given
	for name, in := range map[string]account.Input{
		"password": {Password: given("another long secret")}, "email": {Email: given("new@example.com")},
		"username": {Username: given("root")},
	} {
		w := open(t)
		boss := w.person("boss", store.RoleAdmin)
		for _, proof := range []fields.Text{{}, given("a wrong one")} {
			in.CurrentPassword = proof
			var faults *fields.Errors
			if _, err := w.Change(t.Context(), as(boss, ""), boss, in, false); !errors.As(err, &faults) || !faults.Has("current_password") {
				t.Errorf("%s, with the proof %q: err = %v, want a fault in current_password", name, proof.Value, err)
			}
		}
		if now := w.read(boss.ID); !cmp.Equal(now, boss) {
			t.Errorf("%s: the record says %+v, want no change", name, now)
		}
		in.CurrentPassword = given(secret)
		if _, err := w.Change(t.Context(), as(boss, ""), boss, in, false); err != nil {
			t.Errorf("%s, with the proof: %v", name, err)
		}
	}
	w := open(t)
	boss := w.person("boss", store.RoleAdmin)
	if _, err := w.Change(t.Context(), as(boss, ""), boss, account.Input{FirstName: given("Bo")}, false); err != nil {
		t.Errorf("one's own first name: %v, want no proof to be needed", err)
	}
}

// The tries of somebody with a stolen token are counted by the person, whatever they are
// called, in whichever session, and from whichever network.
func TestTheCurrentPasswordCannotBeGuessedHere(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ann := w.person("ann", store.RoleUser)
		guess := func(i int, pw string) error {
			in := account.Input{Username: fields.Given(fmt.Sprint("new", i)), CurrentPassword: fields.Given(pw)}
			_, err := w.ChangeOwn(from(t.Context(), fmt.Sprintf("192.0.%d.1", i)), as(ann, w.session(ann)), ann, in, false)
			return err
		}
		var limited *throttle.Limited
		for i := range 5 {
			if err := guess(i, "wrong password"); err == nil || errors.As(err, &limited) {
				t.Fatalf("try %d: err = %v, want a wrong password without a limit yet", i, err)
			}
			if i == 2 {
				renamed, err := w.Change(t.Context(), authz.Operator, ann, account.Input{Username: fields.Given("anna")}, false)
				if err != nil {
					t.Fatalf("renaming the user: %v", err)
				}
				ann = renamed
			}
		}
		if err := guess(5, secret); !errors.As(err, &limited) {
			t.Errorf("after five wrong tries: err = %v, want a limit", err)
		}
		if _, err := w.CheckPassword(from(t.Context(), "192.0.0.1"), "anna", secret, "login"); err != nil {
			t.Errorf("the owner signs in: err = %v, want none", err)
		}
	})
}

// A password that is too long is refused everywhere, for people and for nobody, and
// leaves nothing behind.
func TestATooLongPasswordLeavesNothingBehind(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	ctx, long := from(t.Context(), "192.0.2.1"), strings.Repeat("p", password.MaxBytes+1)
	counts := w.Limits.Store
	w.Limits.Store = untouched{counts, t}
	for range 100 {
		for _, name := range []string{"ann", "nobody"} {
			if _, err := w.CheckPassword(ctx, name, long, "login"); !errors.Is(err, account.ErrCredentials) {
				t.Fatalf("signing in as %s: err = %v, want ErrCredentials", name, err)
			}
		}
		in := account.Input{Username: fields.Given("annie"), CurrentPassword: fields.Given(long)}
		var faults *fields.Errors
		if _, err := w.ChangeOwn(ctx, as(ann, ""), ann, in, false); !errors.As(err, &faults) || !faults.Has("current_password") {
			t.Fatalf("confirming: err = %v, want a fault in current_password", err)
		}
	}
	if events := w.evidence("signin.refused"); len(events) != 0 {
		t.Errorf("%d events are on record, want none", len(events))
	}
	w.Limits.Store = counts
	if _, err := w.CheckPassword(ctx, "ann", secret, "login"); err != nil {
		t.Errorf("the right password afterwards: err = %v, want none", err)
	}
}

// untouched are counts that nothing may be added to.
type untouched struct {
	store.Throttles
	t *testing.T
}

func (u untouched) Take(context.Context, store.Digest, store.Rule) (store.Decision, error) {
	u.t.Error("a try was counted, want none")
	return store.Decision{Allowed: true}, nil
}

// TestASpreadAttackIsSuspectedOnce guesses at one account from many sites at once.
func TestASpreadAttackIsSuspectedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ann := w.person("ann", store.RoleUser)
		var suspected atomic.Int32
		w.Limits.Suspect = func(_ context.Context, s throttle.Suspicion) {
			suspected.Add(1)
			if s.What != "signin" || s.Sub != ann.Sub || s.Network != "" {
				t.Errorf("suspicion %+v, want signin at %s", s, ann.Sub)
			}
		}
		var guessing sync.WaitGroup
		for caller := range 4 {
			guessing.Go(func() {
				for i := range 40 {
					_, _ = w.CheckPassword(from(t.Context(), fmt.Sprintf("2001:db8:%x::1", 256*caller+i)), "ann", "wrong password", "login")
				}
			})
		}
		guessing.Wait()
		if n := suspected.Load(); n != 1 {
			t.Errorf("%d suspicions, want 1", n)
		}
		site := from(t.Context(), "2001:db8:ffff::1")
		_, first := w.CheckPassword(site, "ann", "wrong password", "login")
		var limited *throttle.Limited
		if _, second := w.CheckPassword(site, "ann", secret, "login"); !errors.Is(first, account.ErrCredentials) || !errors.As(second, &limited) {
			t.Errorf("two tries from one more site: %v and %v, want the first judged and the second limited", first, second)
		}
		if _, err := w.CheckPassword(from(t.Context(), "203.0.113.9"), "ann", secret, "login"); err != nil {
			t.Errorf("the owner at their own site: err = %v, want none", err)
		}
	})
}

// A meddler makes a change just before the next transaction begins.
type meddler struct {
	store.DB
	before func()
}

func (m *meddler) Write(ctx context.Context, f func(store.Tx) error) error {
	if before := m.before; before != nil {
		m.before = nil
		before()
	}
	return m.DB.Write(ctx, f)
}

// The user may change between the arrival of a request and the transaction.
func TestOwnChangesThatComeTooLate(t *testing.T) {
	administrator := func(t *testing.T, w *world, u store.User, in account.Input) {
		t.Helper()
		other := &account.Service{
			DB: w.db, Ends: w.Ends, Passwords: w.Passwords, Policy: w.Policy, Limits: w.Limits, Now: w.Now, Log: w.Log,
		}
		if _, err := other.Change(t.Context(), authz.Operator, u, in, false); err != nil {
			t.Fatalf("changing the user: %v", err)
		}
	}
	for _, c := range []struct {
		name         string
		before, mine account.Input
		refused      func(error) bool
	}{
		{"a proof with a password that was replaced", account.Input{Password: fields.Given("set by an administrator")},
			account.Input{Email: fields.Given("thief@example.com"), CurrentPassword: fields.Given(secret)},
			func(err error) bool {
				faults := (*fields.Errors)(nil)
				return errors.As(err, &faults) && faults.Has("current_password")
			}},
		{"a user who was deactivated", account.Input{Active: fields.On(false)}, account.Input{FirstName: fields.Given("Late")},
			func(err error) bool { return errors.Is(err, authz.ErrDenied) }},
		{"a role that was removed", account.Input{Role: fields.Given("user")}, account.Input{Role: fields.Given("staff"), FirstName: fields.Given("Ann")},
			func(err error) bool { return err == nil }},
	} {
		w := open(t)
		ann := w.person("ann", store.RoleStaff)
		w.DB = &meddler{DB: w.db, before: func() { administrator(t, w, ann, c.before) }}
		_, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, c.mine, false)
		now := w.read(ann.ID)
		if !c.refused(err) || now.Email != ann.Email || now.FirstName == "Late" {
			t.Errorf("%s: %v, %+v, want a refusal and nothing changed", c.name, err, now)
		}
		if c.before.Role.Sent && now.Role != store.RoleUser {
			t.Errorf("%s: came back as %s, want the role user", c.name, now.Role)
		}
	}
}
