package account_test

import (
	"errors"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/store"
)

// TestTheRulesOfASignUpHoldForAPasskeyAlone asks for the passkey's options, and signs up with
// one, by every path: each refuses alike, and leaves nothing behind.
func TestTheRulesOfASignUpHoldForAPasskeyAlone(t *testing.T) {
	for name, c := range map[string]struct {
		rule  func(*account.Service)
		token string
		in    account.Input
		want  error // nil: faults of the fields
	}{
		"closed":                   {func(s *account.Service) { s.SignUpOpen = false }, "", input("kim"), account.ErrClosed},
		"with a password alone":    {func(s *account.Service) { s.SignUpPasskey = false }, "", input("kim"), account.ErrNeedsPassword},
		"without a proved address": {func(s *account.Service) { s.SignUpVerified = true }, "", input("kim"), link.ErrSpent},
		"a made-up link":           {func(s *account.Service) { s.SignUpVerified = true }, "guess", input("kim"), link.ErrSpent},
		"a name that is taken":     {func(*account.Service) {}, "", input("ann"), nil},
		"a name that is none":      {func(*account.Service) {}, "", input("k\x00m"), nil},
		"an address that is none":  {func(*account.Service) {}, "", account.Input{Username: fields.Given("kim"), Email: fields.Given("nonsense")}, nil},
		"neither name nor address": {func(*account.Service) {}, "", account.Input{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			withFactors(w)
			w.person("ann", store.RoleUser)
			w.SignUpPasskey = true
			c.rule(w.Service)
			c.in.Password = fields.Text{}
			_, asking := w.Newcomer(t.Context(), c.token, c.in)
			_, signing := w.SignUpByPasskey(t.Context(), c.token, c.in, account.FirstKey{Sub: "sub-of-kim", Passkey: newPasskey(store.User{})})
			for what, err := range map[string]error{"asking for the options": asking, "signing up": signing} {
				if bad := (*fields.Errors)(nil); c.want == nil && !errors.As(err, &bad) || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%s: %v, want %v, or faults of the fields", what, err, c.want)
				}
			}
			if _, err := w.Get(t.Context(), 2); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a second person: %v, want none", err)
			}
		})
	}
}

// TestAFirstPasskeyComesWithCodesAndNoPassword, and is the person's alone.
func TestAFirstPasskeyComesWithCodesAndNoPassword(t *testing.T) {
	w := open(t)
	withFactors(w)
	w.SignUpPasskey = true
	key, in := newPasskey(store.User{}), input("kim")
	in.Password = fields.Given("what somebody added to the form")
	done, err := w.SignUpByPasskey(t.Context(), "", in, account.FirstKey{Sub: "0d9dd2a5-5b0c-4c8e-8a5f-6f3a9b7c1d2e", Passkey: key})
	if err != nil || len(done.Codes) != 10 {
		t.Fatalf("signing up: %d codes, %v; want ten", len(done.Codes), err)
	}
	if kim := w.read(done.User.ID); kim.PasswordHash != "" || kim.Factors != store.FactorPasskey|store.FactorRecovery || kim.Sub != "0d9dd2a5-5b0c-4c8e-8a5f-6f3a9b7c1d2e" {
		t.Errorf("the person is %+v, want one with a passkey, recovery codes and no password", kim)
	}
	if _, err := w.SignUpByPasskey(t.Context(), "", input("lou"), account.FirstKey{Sub: "1d9dd2a5-5b0c-4c8e-8a5f-6f3a9b7c1d2e", Passkey: key}); !errors.Is(err, account.ErrPasskeyTaken) {
		t.Errorf("the same passkey for another account: %v, want ErrPasskeyTaken", err)
	}
	for _, name := range []string{"kim", "nobody"} {
		if err := w.signIn(name, "what somebody added to the form"); !errors.Is(err, account.ErrCredentials) || err.Error() != account.ErrCredentials.Error() {
			t.Errorf("a password for %s: %v, want the answer to a wrong one", name, err)
		}
	}
}
