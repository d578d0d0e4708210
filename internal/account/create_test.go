package account_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

func TestSignUpReportsEveryFault(t *testing.T) {
	w := open(t)
	w.person("taken", store.RoleUser)
	if err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.CreateClient(store.Client{ID: "Shop-1", Name: "Shop", AuthMethod: store.NoSecret})
	}); err != nil {
		t.Fatalf("registering an app: %v", err)
	}
	given := fields.Given
	for _, c := range []struct {
		name   string
		change func(*account.Input)
		want   string
	}{
		{"nothing", func(in *account.Input) { *in = account.Input{} },
			`{"username":["This field is required."],"email":["This field is required."],"password":["This field is required."]}`},
		{"problems of the wire", func(in *account.Input) {
			in.Username, in.FirstName = fields.Text{Sent: true, Problem: fields.NotAString}, fields.Text{Sent: true, Problem: fields.Null}
		}, `{"username":["Not a valid string."],"first_name":["This field may not be null."]}`},
		{"blank", func(in *account.Input) { in.Username, in.Password = given(" "), given("        ") },
			`{"username":["This field may not be blank."],"password":["This field may not be blank."]}`},
		{"names", func(in *account.Input) { in.Username, in.Email = given("a b"), given("nonsense") },
			`{"username":["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."],"email":["Enter a valid email address."]}`},
		{"surrogate", func(in *account.Input) { in.Username, in.FirstName = given("\xed\xa0\x80x"), given("\xed\xa0\x80") },
			`{"username":["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.","Surrogate characters are not allowed: U+D800."],"first_name":["Surrogate characters are not allowed: U+D800."]}`},
		{"NUL", func(in *account.Input) { in.Password, in.LastName = given("abc\x00defgh"), given("a\x00") },
			`{"password":["Null characters are not allowed."],"last_name":["Null characters are not allowed."]}`},
		{"long", func(in *account.Input) { in.FirstName = given(strings.Repeat("é", 151)) },
			`{"first_name":["Ensure this field has no more than 150 characters."]}`},
		{"control and bidi characters", func(in *account.Input) { in.FirstName, in.LastName = given("a\nb"), given("a\u202eb") },
			`{"first_name":["Control characters are not allowed."],"last_name":["Control characters are not allowed."]}`},
		{"a taken name beside a bad address and a bad password", func(in *account.Input) {
			in.Username, in.Email, in.Password = given("Taken"), given("bad"), given("x")
		}, `{"email":["Enter a valid email address."],"password":["Ensure this field has at least 8 characters."],"username":["A user with that username already exists."]}`},
		{"weak", func(in *account.Input) { in.Password = given("password") }, `{"password":["This password is too common."]}`},
		{"like the name", func(in *account.Input) { in.Username, in.Password = given("samesame1"), given("samesame1") },
			`{"password":["The password is too similar to the username."]}`},
		{"a role", func(in *account.Input) { in.Role = given("admin") }, `{"role":["Only an administrator can give this role."]}`},
		{"no role", func(in *account.Input) { in.Role = given("king") }, `{"role":["\"king\" is not a valid choice."]}`},
		{"taken", func(in *account.Input) { in.Username, in.Email = given("Taken"), given("taken@EXAMPLE.com") },
			`{"username":["A user with that username already exists."],"email":["User with this email already exists."]}`},
		{"another's address as a name", func(in *account.Input) { in.Username = given("TAKEN@example.com") },
			`{"username":["Enter a valid username. It may be an email address only if it is your own."]}`},
		{"a stranger's address as a name", func(in *account.Input) { in.Username = given("ceo@corp.example") },
			`{"username":["Enter a valid username. It may be an email address only if it is your own."]}`},
		{"an app's ID as a name", func(in *account.Input) { in.Username = given("SHOP-1") },
			`{"username":["A user with that username already exists."]}`},
		{"the ID of the built-in app", func(in *account.Input) { in.Username = given("Accounts") },
			`{"username":["A user with that username already exists."]}`},
		{"a name that looks like another", func(in *account.Input) { in.Username = given("аррӏе") },
			`{"username":["Enter a valid username. It has letters that look like others."]}`},
	} {
		in := input("somebody")
		c.change(&in)
		_, err := w.SignUp(t.Context(), in)
		var faults *fields.Errors
		if !errors.As(err, &faults) {
			t.Errorf("%s: err = %v, want faults", c.name, err)
			continue
		}
		if got, _ := json.Marshal(faults); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSignUp(t *testing.T) {
	w := open(t)
	in := input("ann")
	in.Role, in.FirstName, in.Active = fields.Given("user"), fields.Given("  Ann "), fields.On(false)
	u, err := w.SignUp(t.Context(), in)
	if err != nil {
		t.Fatalf("signing up: %v", err)
	}
	got := w.read(u.ID)
	if got.Role != store.RoleUser || !got.Active || got.FirstName != "Ann" || got.EmailVerified || len(got.Sub) != 36 || !got.JoinedAt.Equal(u.JoinedAt) {
		t.Errorf("the user is %+v, want ann, active, with the role user and no proved address", got)
	}
	if lines := w.evidence("user.created"); len(lines) != 1 || lines[0] != `anonymous user:`+u.Sub+` {"by":"signup","username":"ann","email":"ann@example.com","role":"user"}` {
		t.Errorf("evidence: %s, want one line that names who, how and the role", lines)
	}
	w.SignUpOpen = false
	if _, err := w.SignUp(t.Context(), input("bob")); !errors.Is(err, account.ErrClosed) {
		t.Errorf("closed: err = %v, want ErrClosed", err)
	}
}

func TestOneNameInManySpellingsHasOneOwner(t *testing.T) {
	everywhere(t, oneNameInManySpellingsHasOneOwner)
}

func oneNameInManySpellingsHasOneOwner(t *testing.T, w *world) {
	spellings := []string{"ann", "ANN", "Ann", "ａｎｎ", "aNN"}
	race(t, 50, func(i int) bool {
		in := input(spellings[i%len(spellings)])
		in.Email = fields.Given(fmt.Sprintf("ann%d@example.com", i))
		return succeeded(t, func() error { _, err := w.SignUp(t.Context(), in); return err })
	}, 1)
}

// succeeded reports whether act succeeded. It fails on errors other than *fields.Errors.
func succeeded(t *testing.T, act func() error) bool {
	err := act()
	if faults := (*fields.Errors)(nil); err != nil && !errors.As(err, &faults) {
		t.Errorf("err = %v, want none or faults in fields", err)
	}
	return err == nil
}

// race calls act n times at once and fails unless want of the calls win.
func race(t *testing.T, n int, act func(i int) bool, want int32) {
	t.Helper()
	var wins atomic.Int32
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if act(i) {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if got := wins.Load(); got != want {
		t.Errorf("%d of %d won, want %d", got, n, want)
	}
}

func TestOneLinkMakesOneAdministrator(t *testing.T) { everywhere(t, oneLinkMakesOneAdministrator) }

func oneLinkMakesOneAdministrator(t *testing.T, w *world) {
	link, ok, err := w.Offer(t.Context())
	if err != nil || !ok || len(link) != 43 {
		t.Fatalf("Offer = %q, %v, %v; want a link of 43 characters", link, ok, err)
	}
	second, _, err := w.Offer(t.Context()) // another replica's
	if err != nil || second == link {
		t.Fatalf("offering a link again: %v, want another link", err)
	}
	weak := input("root")
	weak.Password = fields.Given("password")
	if succeeded(t, func() error { _, err := w.Redeem(t.Context(), link, weak); return err }) {
		t.Error("a weak password was accepted, want a refusal")
	}
	race(t, 50, func(i int) bool {
		_, err := w.Redeem(t.Context(), []string{link, second}[i%2], input(fmt.Sprintf("root%d", i)))
		if err != nil && !errors.Is(err, account.ErrLink) {
			t.Errorf("loser: err = %v, want ErrLink", err)
		}
		return err == nil
	}, 1)
	if _, ok, err := w.Offer(t.Context()); ok || err != nil {
		t.Errorf("another link beside an administrator: %v, %v; want false", ok, err)
	}
	if lines := w.evidence("user.created"); len(lines) != 1 || !strings.Contains(lines[0], `"by":"bootstrap"`) || !strings.Contains(lines[0], `"role":"admin"`) {
		t.Errorf("evidence: %s, want one line by the bootstrap with the role admin", lines)
	}
}

func TestAnInvalidLink(t *testing.T) {
	w := open(t)
	link, _, err := w.Offer(t.Context())
	if err != nil {
		t.Fatalf("offering a link: %v", err)
	}
	if _, err := w.Redeem(t.Context(), "made up", input("a1")); !errors.Is(err, account.ErrLink) {
		t.Errorf("a made-up link: err = %v, want ErrLink", err)
	}
	w.advance(time.Hour)
	if _, err := w.Redeem(t.Context(), link, input("a2")); !errors.Is(err, account.ErrLink) {
		t.Errorf("after an hour: err = %v, want ErrLink", err)
	}
	fresh, _, err := w.Offer(t.Context())
	if err != nil {
		t.Fatalf("offering a link: %v", err)
	}
	w.person("boss", store.RoleAdmin) // created at the command line in the meantime
	err = w.db.Write(t.Context(), func(tx store.Tx) error {
		if there, err := tx.UseBootstrap(store.DigestOf(fresh), w.clock()); err != nil || there {
			t.Errorf("the link outlives a new administrator: %v, %v; want false", there, err)
		}
		return errors.New("only a look")
	})
	if err == nil {
		t.Fatal("the transaction was committed, want an error")
	}
	if _, err := w.Redeem(t.Context(), fresh, input("a3")); !errors.Is(err, account.ErrLink) {
		t.Errorf("beside an administrator: err = %v, want ErrLink", err)
	}
}

// Offer looks for an administrator first and stores the link afterwards. An
// administrator may have been created in between.
func TestALinkStoredTooLateIsInvalid(t *testing.T) {
	w := open(t)
	w.person("boss", store.RoleAdmin)
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.AddBootstrap(store.DigestOf("late"), w.clock().Add(time.Hour))
	})
	if err != nil {
		t.Fatalf("adding the link: %v", err)
	}
	if _, err := w.Redeem(t.Context(), "late", input("eve")); !errors.Is(err, account.ErrLink) {
		t.Errorf("redeeming the link: err = %v, want ErrLink", err)
	}
}

func TestOnlyAdministratorsCreate(t *testing.T) {
	w := open(t)
	boss, stef := w.person("boss", store.RoleAdmin), w.person("stef", store.RoleStaff)
	in := input("new")
	in.Role = fields.Given("admin")
	if _, err := w.Create(t.Context(), as(stef, ""), in); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("staff: err = %v, want ErrDenied", err)
	}
	was := as(boss, "")
	if _, err := w.Change(t.Context(), authz.Operator, stef, account.Input{Role: fields.Given("admin")}, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	if _, err := w.Change(t.Context(), authz.Operator, boss, account.Input{Role: fields.Given("user")}, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	if _, err := w.Create(t.Context(), was, in); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("demoted after the first check: err = %v, want ErrDenied", err)
	}
	u, err := w.Create(t.Context(), as(w.read(stef.ID), ""), in)
	if err != nil || w.read(u.ID).Role != store.RoleAdmin {
		t.Errorf("an administrator: %+v, %v; want the role admin", u, err)
	}
}

// A form with another fault takes a slot as well before its names are looked up. Without a
// slot, it has the other faults alone.
func TestFaultsDoNotMakeItCheaperToAskForNames(t *testing.T) {
	w := open(t)
	w.person("taken", store.RoleUser)
	w.Limits.Rules.SignUp.Free = 3
	in := input("taken")
	in.Password = fields.Given("x")
	var answers []string
	for range 5 {
		_, err := w.SignUp(from(t.Context(), "192.0.2.1"), in)
		var faults *fields.Errors
		if !errors.As(err, &faults) {
			t.Fatalf("a bad password: err = %v, want faults", err)
		}
		text, _ := json.Marshal(faults)
		answers = append(answers, string(text))
	}
	const short = `{"password":["Ensure this field has at least 8 characters."]}`
	for i, got := range answers {
		if told := got != short; told != (i < 3) {
			t.Errorf("try %d: %s, want the taken name only in the first 3", i, got)
		}
	}
}
