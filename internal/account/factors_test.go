package account_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/keys"
	"gatehouse/store"
)

// withFactors gives the world a service for factors, and an outbox.
func withFactors(w *world) {
	w.withMail()
	w.Factors = &factor.Service{DB: w.db, Vault: keys.NewDataKey(), Limits: w.Limits, Brand: "Acme", Now: w.clock}
	w.Factors.Guessed = w.TellOfGuessing
}

// just returns u as an actor who has just signed in as well as they can.
func (w *world) just(u store.User, sid string) authz.Actor {
	a := as(u, sid)
	a.SignedInAt, a.ACR = w.clock(), signin.ACRPassword
	if u.Factors.Second() {
		a.ACR = signin.ACRMFA
	}
	return a
}

// code returns the code of an authenticator app that another library makes.
func (w *world) code(secret factor.Secret) string {
	w.t.Helper()
	code, err := totp.GenerateCode(string(secret), w.clock())
	if err != nil {
		w.t.Fatalf("making a code: %v", err)
	}
	return code
}

// enrolled adds an authenticator app to the user.
func (w *world) enrolled(u store.User, sid string) (store.User, factor.Secret, []string) {
	w.t.Helper()
	setup, err := w.SetUpTOTP(w.t.Context(), w.just(u, sid), u, false)
	if err != nil {
		w.t.Fatalf("setting an authenticator app up: %v", err)
	}
	done, err := w.ConfirmTOTP(w.t.Context(), w.just(u, sid), u, w.code(setup.Secret))
	if err != nil {
		w.t.Fatalf("confirming it: %v", err)
	}
	w.advance(time.Minute) // the step is used up
	return done.User, setup.Secret, done.Codes
}

func TestAnAuthenticatorAppIsAdded(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	here, there := w.session(ann), w.session(ann)

	setup, err := w.SetUpTOTP(t.Context(), w.just(ann, here), ann, false)
	if err != nil || !strings.HasPrefix(setup.URI, "otpauth://totp/Acme:ann?") {
		t.Fatalf("setting it up: %+v, %v; want a URI for Acme and ann", setup, err)
	}
	again, err := w.SetUpTOTP(t.Context(), w.just(ann, here), ann, false)
	if err != nil || again != setup {
		t.Errorf("looking at it again: %+v, %v; want the same", again, err)
	}
	if got := w.read(ann.ID); got.Factors != 0 {
		t.Errorf("the factors before it is confirmed are %b, want none", got.Factors)
	}
	if _, err := w.ConfirmTOTP(t.Context(), w.just(ann, here), ann, "12345"); !errors.Is(err, factor.ErrWrong) {
		t.Errorf("a code of five digits: err = %v, want ErrWrong", err)
	}
	done, err := w.ConfirmTOTP(t.Context(), w.just(ann, here), ann, w.code(setup.Secret))
	if err != nil || len(done.Codes) != 10 {
		t.Fatalf("confirming: %d codes, %v; want ten", len(done.Codes), err)
	}
	if got := w.read(ann.ID); got.Factors != store.FactorTOTP|store.FactorRecovery || got.Generation != done.User.Generation {
		t.Errorf("the user is %+v, want an app and recovery codes, and the generation %d", got, done.User.Generation)
	}
	if living := w.living(ann); !slices.Equal(living, []string{here}) || there == here {
		t.Errorf("the sessions %q live, want only the one here", living)
	}
	if told := w.waiting(); !slices.Equal(told, []string{"factor_changed"}) {
		t.Errorf("mails %q, want one of the change", told)
	}
	if lines := w.evidence("factor.added"); len(lines) != 1 || !strings.Contains(lines[0], `"factor":"totp"`) || strings.Contains(lines[0], string(setup.Secret)) {
		t.Errorf("evidence %q, want one event without the secret", lines)
	}
	if _, err := w.SetUpTOTP(t.Context(), w.just(done.User, here), done.User, true); !errors.Is(err, account.ErrFactorThere) {
		t.Errorf("another app: err = %v, want ErrFactorThere", err)
	}
}

// A change of factors takes a recent sign-in, with the second factor where there is one.
func TestAChangeOfFactorsNeedsARecentSignIn(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	sid := w.session(ann)
	old := w.just(ann, sid)
	w.advance(signin.RecentFor + time.Second)
	wantStepUp(t, "an old sign-in", func() error { _, err := w.SetUpTOTP(t.Context(), old, ann, false); return err }(), signin.ACRPassword)

	ann, _, _ = w.enrolled(ann, sid)
	weak := w.just(ann, sid)
	weak.ACR = signin.ACRPassword
	for what, try := range map[string]func(authz.Actor) error{
		"removing":      func(a authz.Actor) error { _, err := w.RemoveTOTP(t.Context(), a, ann); return err },
		"new codes":     func(a authz.Actor) error { _, err := w.NewRecoveryCodes(t.Context(), a, ann); return err },
		"setting up":    func(a authz.Actor) error { _, err := w.SetUpTOTP(t.Context(), a, ann, true); return err },
		"confirming":    func(a authz.Actor) error { _, err := w.ConfirmTOTP(t.Context(), a, ann, "123456"); return err },
		"of a stranger": func(authz.Actor) error { return w.StepUp(authz.Actor{}, ann) },
	} {
		wantStepUp(t, what+" with a password alone", try(weak), signin.ACRMFA)
	}
}

func wantStepUp(t *testing.T, what string, err error, level string) {
	t.Helper()
	needs, is := errors.AsType[*signin.StepUp](err)
	if !is || needs.ACR != level || needs.MaxAge != 10*time.Minute {
		t.Errorf("%s: err = %v, want a step-up to %s of at most ten minutes", what, err, level)
	}
}

func TestAnAuthenticatorAppIsRemoved(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	here := w.session(ann)
	ann, _, _ = w.enrolled(ann, here)
	other := w.session(ann)
	done, err := w.RemoveTOTP(t.Context(), w.just(ann, here), ann)
	if err != nil || done.User.Factors != 0 {
		t.Fatalf("removing: factors %b, %v; want none left", done.User.Factors, err)
	}
	if all, err := w.db.ListRecoveryCodes(t.Context(), ann.ID); err != nil || len(all) != 0 {
		t.Errorf("%d recovery codes are left, %v; want none", len(all), err)
	}
	if slices.Contains(w.living(ann), other) {
		t.Error("the other session lives, want it ended")
	}
	ann = w.read(ann.ID)
	if _, err := w.RemoveTOTP(t.Context(), w.just(ann, here), ann); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removing it again: err = %v, want ErrNotFound", err)
	}
}

func TestAnAdministratorResetsFactors(t *testing.T) {
	w := open(t)
	withFactors(w)
	root, ann := w.person("root", store.RoleAdmin), w.person("ann", store.RoleUser)
	sid := w.session(ann)
	ann, _, _ = w.enrolled(ann, sid)
	if err := w.ResetFactors(t.Context(), as(ann, sid), ann.ID, ""); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("a user: err = %v, want ErrDenied", err)
	}
	if err := w.ResetFactors(t.Context(), as(root, "s"), ann.ID, ""); err != nil {
		t.Fatalf("resetting: %v", err)
	}
	if got := w.read(ann.ID); got.Factors != 0 || len(w.living(ann)) != 0 {
		t.Errorf("factors %b with %d sessions, want none of either", got.Factors, len(w.living(ann)))
	}
	if _, err := w.CheckPassword(t.Context(), "ann", secret, signin.ByLogin); err != nil {
		t.Errorf("signing in with the password: %v, want no error", err)
	}
	if lines := w.evidence("factors.reset"); len(lines) != 1 || !strings.HasPrefix(lines[0], "user:"+root.Sub) {
		t.Errorf("evidence %q, want one event by the administrator", lines)
	}
	root, _, _ = w.enrolled(root, w.session(root))
	wantStepUp(t, "their own factors", w.ResetFactors(t.Context(), as(root, "s"), root.ID, ""), signin.ACRMFA)
	if err := w.ResetFactors(t.Context(), authz.Operator, root.ID, ""); err != nil {
		t.Errorf("the command line: %v, want no error", err)
	}
}

// A password alone proves nothing for a user with a second factor, and one who must have
// one is led to set it up.
func TestWhatAPasswordLacks(t *testing.T) {
	w := open(t)
	withFactors(w)
	for require, want := range map[string][3]signin.Lack{
		"none":  {},
		"admin": {signin.LacksEnrolment},
		"staff": {signin.LacksEnrolment, signin.LacksEnrolment},
		"all":   {signin.LacksEnrolment, signin.LacksEnrolment, signin.LacksEnrolment},
	} {
		w.Factors.Require = require
		for i, role := range []store.Role{store.RoleAdmin, store.RoleStaff, store.RoleUser} {
			if got := w.Factors.Lack(store.User{Role: role}); got != want[i] {
				t.Errorf("required of %s: the password of %s lacks %q, want %q", require, role, got, want[i])
			}
		}
	}
	ann := w.person("ann", store.RoleUser)
	w.enrolled(ann, w.session(ann))
	proof, err := w.CheckPassword(t.Context(), "ann", secret, signin.ByLogin)
	if err != nil || proof.Lacks != signin.LacksFactor {
		t.Errorf("the password lacks %q, %v; want a factor", proof.Lacks, err)
	}
	err = w.db.Write(t.Context(), func(tx store.Tx) error { return proof.Honour(tx, w.clock()) })
	if !errors.Is(err, signin.ErrIncomplete) {
		t.Errorf("honouring the password alone: err = %v, want ErrIncomplete", err)
	}
}

// asked signs ann in with her password, and returns the name of what waits.
func (w *world) asked(name, clientID string) string {
	w.t.Helper()
	proof, err := w.CheckPassword(w.t.Context(), name, secret, signin.ByLogin)
	if err != nil {
		w.t.Fatalf("checking the password: %v", err)
	}
	_, err = w.Factors.Complete(w.t.Context(), proof, clientID, factor.Answer{})
	required, is := errors.AsType[*factor.Required](err)
	if !is || required.AuthSession == "" || required.Wrong {
		w.t.Fatalf("without a factor: err = %v, want one to be required", err)
	}
	return required.AuthSession
}

func (w *world) honour(p signin.Proof) error {
	return w.db.Write(w.t.Context(), func(tx store.Tx) error { return p.Honour(tx, w.clock()) })
}

func TestACodeWorksOnceWhereverItIsShown(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	_, secretOf, codes := w.enrolled(ann, w.session(ann))
	for _, answer := range []factor.Answer{{OTP: w.code(secretOf)}, {RecoveryCode: strings.ToUpper(codes[3])}} {
		first, second, third := w.asked("ann", "shop"), w.asked("ann", "shop"), w.asked("ann", "shop")
		one, err := w.Factors.Continue(t.Context(), first, "shop", answer)
		two, err2 := w.Factors.Continue(t.Context(), second, "shop", answer)
		if err != nil || err2 != nil {
			t.Fatalf("%+v: looking at it: %v and %v, want no error", answer, err, err2)
		}
		if err := w.honour(one); err != nil || one.SignIn.ACR != signin.ACRMFA || !slices.Equal(one.SignIn.AMR, []string{"pwd", "otp", "mfa"}) {
			t.Errorf("%+v: the first sign-in: %v at %+v, want no error at the level mfa", answer, err, one.SignIn)
		}
		if err := w.honour(two); !errors.Is(err, signin.ErrFactorUsed) {
			t.Errorf("%+v: the second sign-in: err = %v, want ErrFactorUsed", answer, err)
		}
		if _, err := w.Factors.Continue(t.Context(), third, "shop", answer); err == nil {
			t.Errorf("%+v: looking at it once more: no error, want a refusal", answer)
		}
		if _, err := w.Factors.Continue(t.Context(), first, "shop", answer); !errors.Is(err, factor.ErrGone) {
			t.Errorf("%+v: the waiting sign-in again: err = %v, want ErrGone", answer, err)
		}
	}
	if all, err := w.db.ListRecoveryCodes(t.Context(), ann.ID); err != nil || len(all) != 9 {
		t.Errorf("%d recovery codes are left, %v; want nine", len(all), err)
	}
}

func TestTheLastRecoveryCode(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	_, _, codes := w.enrolled(ann, w.session(ann))
	for _, code := range codes {
		proof, err := w.Factors.Continue(t.Context(), w.asked("ann", ""), "", factor.Answer{RecoveryCode: code})
		if err == nil {
			err = w.honour(proof)
		}
		if err != nil {
			t.Fatalf("signing in with a recovery code: %v", err)
		}
	}
	if got := w.read(ann.ID).Factors; got != store.FactorTOTP {
		t.Errorf("the factors are %b, want the app alone", got)
	}
}

// What waits belongs to one client, and ends with every change of the account.
func TestAWaitingSignInIsNobodyElses(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	ann, secretOf, _ := w.enrolled(ann, w.session(ann))
	name := w.asked("ann", "shop")
	for what, try := range map[string][2]string{"another client": {name, "other"}, "our own pages": {name, ""}, "a made-up name": {"x", "shop"}} {
		if _, err := w.Factors.Continue(t.Context(), try[0], try[1], factor.Answer{OTP: w.code(secretOf)}); !errors.Is(err, factor.ErrGone) {
			t.Errorf("%s: err = %v, want ErrGone", what, err)
		}
	}
	w.advance(factor.WaitingFor)
	if _, err := w.Factors.Continue(t.Context(), name, "shop", factor.Answer{OTP: w.code(secretOf)}); !errors.Is(err, factor.ErrGone) {
		t.Errorf("after five minutes: err = %v, want ErrGone", err)
	}
	name = w.asked("ann", "shop")
	proof, err := w.Factors.Continue(t.Context(), name, "shop", factor.Answer{OTP: w.code(secretOf)})
	if err != nil {
		t.Fatalf("showing the code: %v", err)
	}
	if _, err := w.RemoveTOTP(t.Context(), w.just(ann, ""), ann); err != nil {
		t.Fatalf("removing the app: %v", err)
	}
	if err := w.honour(proof); !errors.Is(err, signin.ErrCredentialsChanged) {
		t.Errorf("a proof from before the app was removed: err = %v, want ErrCredentialsChanged", err)
	}
	if _, err := w.Factors.Waiting(t.Context(), name, "shop"); !errors.Is(err, factor.ErrGone) {
		t.Errorf("what waited then: err = %v, want ErrGone", err)
	}
}

// Somebody who knows the password guesses a thousand codes, from one network.
func TestGuessingIsRefusedAndTold(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	_, secretOf, _ := w.enrolled(ann, w.session(ann))
	ctx := from(t.Context(), "192.0.2.1")
	looked := 0
	for range 1000 {
		proof, err := w.CheckPassword(ctx, "ann", secret, signin.ByPassword)
		if err != nil {
			t.Fatalf("checking the password: %v", err)
		}
		_, err = w.Factors.Complete(ctx, proof, "shop", factor.Answer{OTP: "000000"})
		if required, is := errors.AsType[*factor.Required](err); is && required.Wrong {
			looked++
			continue
		}
		if limited := (*throttle.Limited)(nil); !errors.As(err, &limited) {
			t.Fatalf("a guess: err = %v, want a refusal", err)
		}
	}
	if looked > 10 {
		t.Errorf("%d of 1,000 guesses were looked at, want the first few", looked)
	}
	if told := w.waiting(); !slices.Equal(told, []string{"factor_changed", "guessing"}) {
		t.Errorf("mails %q, want one of the guesses after that of the app", told)
	}
	proof, err := w.CheckPassword(from(t.Context(), "198.51.100.7"), "ann", secret, signin.ByPage)
	if err != nil {
		t.Fatalf("checking the owner's password: %v", err)
	}
	if _, err := w.Factors.Complete(from(t.Context(), "198.51.100.7"), proof, "shop", factor.Answer{OTP: w.code(secretOf)}); err != nil {
		t.Errorf("the owner from another network: %v, want no error", err)
	}
}

// A waiting sign-in bears five tries, from wherever they come.
func TestAWaitingSignInBearsFiveTries(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		withFactors(w)
		ann := w.person("ann", store.RoleUser)
		_, secretOf, _ := w.enrolled(ann, w.session(ann))
		name := w.asked("ann", "shop")
		var looked atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				ctx := from(t.Context(), "192.0."+[]string{"2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}[i%10]+".1")
				_, err := w.Factors.Continue(ctx, name, "shop", factor.Answer{OTP: "000000"})
				if required, is := errors.AsType[*factor.Required](err); is && required.Wrong || errors.Is(err, factor.ErrWrong) {
					looked.Add(1)
				} else if !errors.Is(err, factor.ErrGone) {
					t.Errorf("a guess: err = %v, want a refusal", err)
				}
			})
		}
		all.Wait()
		if n := looked.Load(); n > 5 {
			t.Errorf("%d of 50 guesses at once were looked at, want at most 5", n)
		}
		if _, err := w.Factors.Continue(t.Context(), name, "shop", factor.Answer{OTP: w.code(secretOf)}); !errors.Is(err, factor.ErrGone) {
			t.Errorf("the right code after that: err = %v, want ErrGone", err)
		}
	})
}

// One code, shown by 50 at once, signs one in.
func TestOneCodeSignsOneIn(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		withFactors(w)
		ann := w.person("ann", store.RoleUser)
		ann, secretOf, codes := w.enrolled(ann, w.session(ann))
		for _, answer := range []factor.Answer{{OTP: w.code(secretOf)}, {RecoveryCode: codes[0]}} {
			var won atomic.Int32
			var all sync.WaitGroup
			var proofs []signin.Proof
			for range 50 {
				found, err := w.Factors.Check(t.Context(), ann, signin.ByLogin, answer)
				if err != nil {
					t.Fatalf("looking at the code: %v", err)
				}
				proofs = append(proofs, signin.Password(ann, signin.ByLogin, w.clock()).With(found, w.clock()))
			}
			for _, proof := range proofs {
				all.Go(func() {
					switch err := w.honour(proof); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, signin.ErrFactorUsed):
						t.Errorf("signing in: err = %v, want nil or ErrFactorUsed", err)
					}
				})
			}
			all.Wait()
			if n := won.Load(); n != 1 {
				t.Errorf("%+v signed %d in, want one", answer, n)
			}
		}
	})
}

// A code serves in place of the current password, once, and guesses at it are counted.
func TestACodeProvesWhoChangesTheirAccount(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	ann, secretOf, _ := w.enrolled(ann, w.session(ann))
	id := ann.ID
	change := func(username, otp string) error {
		me := w.read(id)
		_, err := w.ChangeOwn(t.Context(), w.just(me, ""), me, account.Input{Username: fields.Given(username), OTP: fields.Given(otp)}, false)
		return err
	}
	code := w.code(secretOf)
	if err := change("anna", "000000"); err == nil || !strings.Contains(err.Error(), "otp") {
		t.Errorf("a wrong code: err = %v, want one about otp", err)
	}
	if err := change("anna", code); err != nil {
		t.Errorf("the right code: %v, want no error", err)
	}
	if err := change("annie", code); err == nil {
		t.Error("the same code again: no error, want one")
	}
	if got := w.read(id).Username; got != "anna" {
		t.Errorf("the username is %q, want anna", got)
	}
}
