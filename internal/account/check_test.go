package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

func TestEveryRefusalLooksTheSame(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	idle := w.person("idle", store.RoleUser)
	if _, err := w.Change(t.Context(), authz.Operator, idle, account.Input{Active: fields.On(false)}, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	for i, c := range []struct{ name, pw, reason string }{
		{"ann", "wrong password", "password"},
		{"nobody", secret, "unknown"},
		{"idle", secret, "inactive"},
		{"idle", "wrong password", "password"},
		{"a\x00b", secret, "unknown"},
		{"\xed\xa0\x80", secret, "unknown"},
		{"", secret, "unknown"},
		{strings.Repeat("u", 60_000), secret, "unknown"},
		{"ann", secret + " ", "password"}, // not trimmed
	} {
		ctx := from(t.Context(), "192.0.2.1")
		_, err := w.CheckPassword(ctx, c.name, c.pw, "login")
		if !errors.Is(err, account.ErrCredentials) || err.Error() != account.ErrCredentials.Error() {
			t.Errorf("%q: err = %v, want ErrCredentials and nothing more", c.name, err)
		}
		lines := w.evidence("signin.refused")
		if len(lines) != i+1 || !strings.Contains(lines[0], `"reason":"`+c.reason+`"`) {
			t.Errorf("%q: evidence %s, want the reason %s", c.name, lines[0], c.reason)
		}
		w.advance(time.Hour)
	}
	proof, err := w.CheckPassword(t.Context(), " ANN@example.COM ", secret, "login")
	if err != nil || proof.User.ID != ann.ID || proof.NewHash != "" {
		t.Errorf("the right one: %+v, %v; want ann without a new hash", proof, err)
	}
}

func TestAllSpellingsAndBothNamesShareOneCount(t *testing.T) {
	w := open(t)
	w.person("ann", store.RoleUser)
	ctx := from(t.Context(), "192.0.2.1")
	spellings := []string{"ann", "ANN", " ann ", "ａｎｎ", "ann@example.com", "Ann@EXAMPLE.com"}
	var limited *throttle.Limited
	for i := range 5 {
		if _, err := w.CheckPassword(ctx, spellings[i], "wrong password", "login"); !errors.Is(err, account.ErrCredentials) {
			t.Fatalf("try %d: err = %v, want ErrCredentials", i, err)
		}
	}
	for _, spelling := range spellings {
		if _, err := w.CheckPassword(ctx, spelling, secret, "password"); !errors.As(err, &limited) || limited.RetryAfter <= 0 {
			t.Errorf("%q after five tries: err = %v, want a limit", spelling, err)
		}
	}
	if _, err := w.CheckPassword(from(t.Context(), "198.51.100.7"), "ann", secret, "login"); err != nil {
		t.Errorf("the owner from another network: err = %v, want none", err)
	}
	w.advance(limited.RetryAfter)
	if _, err := w.CheckPassword(ctx, "ann", secret, "login"); err != nil {
		t.Errorf("after the wait that the answer named: err = %v, want none", err)
	}
}

func TestABusyServerCostsNoTry(t *testing.T) {
	testkit.Long(t)
	w := open(t)
	w.person("ann", store.RoleUser)
	w.Passwords = password.New(password.Options{MemoryKiB: 64 << 10, Iterations: 8, BudgetMiB: 64, MaxParallel: 1, MaxWaiting: -1})
	ctx := from(t.Context(), "192.0.2.1")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Passwords.VerifyNobody(t.Context(), "x")
	}()
	time.Sleep(20 * time.Millisecond) // now the only slot for hashes is taken for a while
	busy := 0
	for busy < 8 {
		_, err := w.CheckPassword(ctx, "ann", "wrong password", "login")
		if limited := (*throttle.Limited)(nil); errors.As(err, &limited) {
			t.Fatalf("%d tries that were not checked were counted, want no count", busy)
		}
		if !errors.Is(err, password.ErrBusy) {
			break
		}
		busy++
	}
	<-done
	if busy <= throttle.DefaultRules().SignIn.Free {
		t.Skipf("the hash ended after %d tries, too few for a verdict", busy)
	}
	if _, err := w.CheckPassword(ctx, "ann", "wrong password", "login"); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("after %d tries that were not checked: err = %v, want none", busy, err)
	}
}

func TestAnOldHashIsReplaced(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	old := "pbkdf2_sha256$1000$abcdefghijklmnopqrstuv$rOYXOOwiJcaiX3Q5aOrFPXSz97pI+bjBdTiZpx7Su5E="
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.UpdateUser(ann.ID, store.UserChange{PasswordHash: &old})
	})
	if err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	proof, err := w.CheckPassword(t.Context(), "ann", "complexpassword123", "login")
	if err != nil || !strings.HasPrefix(proof.NewHash, "$argon2id$") {
		t.Errorf("proof %+v, %v; want a new hash by argon2id", proof, err)
	}
}

func TestObserveGetsEveryResult(t *testing.T) {
	w := open(t)
	w.person("ann", store.RoleUser)
	told := map[string]int{}
	w.Observe = func(method signin.Method, result string) { told[string(method)+" "+result]++ }
	ctx := from(t.Context(), "192.0.2.1")
	for _, pw := range []string{secret, "wrong password", "wrong password", "wrong password", "wrong password", "wrong password", "wrong password"} {
		_, _ = w.CheckPassword(ctx, "ann", pw, "login")
	}
	_, _ = w.CheckPassword(ctx, "nobody", "wrong password", "password")
	if told["login ok"] != 1 || told["login refused"] != 5 || told["login throttled"] != 1 || told["password refused"] != 1 || len(told) != 4 {
		t.Errorf("observed %v, want one login, five refused passwords, one throttled, and one unknown name that is refused like them", told)
	}
}
