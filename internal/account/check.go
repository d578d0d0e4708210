package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/names"
	"gatehouse/internal/password"
	"gatehouse/internal/refusal"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// finishing bounds the end of a check, which the caller cannot cancel.
const finishing = 3 * time.Second

// CheckPassword returns the proof of the user with this name and password. Name is a
// username or an e-mail address in any spelling. Method is where the password was entered.
//
// An unknown name, a wrong password and an inactive user get the same answer after the
// same work. Before that work, the try takes a slot of the throttle. All spellings and
// both names of a user share one key there, so a guesser gains nothing by varying them.
// A password that is too long for any account is refused at once, and leaves no trace but
// a metric. The errors are ErrCredentials, ErrUnverified, *throttle.Limited and
// *password.Busy. With ErrUnverified, a new link to prove the address is on its way.
func (s *Service) CheckPassword(ctx context.Context, name, pw string, method signin.Method) (signin.Proof, error) {
	return s.observed(ctx, method, pw, func() (signin.Proof, string, error) {
		key := names.Lookup(name)
		user, err := s.DB.UserByName(ctx, key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return s.judge(ctx, throttle.Nobody(key), store.User{}, pw, method)
		case err != nil:
			return signin.Proof{}, "fault", fmt.Errorf("looking up a name: %w", err)
		}
		return s.judge(ctx, throttle.Person(user.Sub), user, pw, method)
	})
}

// Confirm is CheckPassword for a user who is signed in, as just read. Its tries are
// counted by the user, whatever they are called and wherever they are.
func (s *Service) Confirm(ctx context.Context, me store.User, pw string) (signin.Proof, error) {
	return s.observed(ctx, signin.ByConfirm, pw, func() (signin.Proof, string, error) {
		return s.judge(ctx, throttle.SignedIn(me.Sub), me, pw, signin.ByConfirm)
	})
}

// observed calls check if a password can be checked at all, and counts the result in one
// word: "ok", "refused" or a hindrance. Only the audit log has the reason of a refusal: a
// count of unknown names or of right passwords would answer a guesser who reads the
// metrics.
func (s *Service) observed(ctx context.Context, method signin.Method, pw string, check func() (signin.Proof, string, error)) (proof signin.Proof, err error) {
	var result string
	if err = s.Passwords.Room(ctx); err != nil {
		result = hindrance(err)
	} else if len(pw) > password.MaxBytes {
		result, err = "refused", refusal.With(ErrCredentials, refusal.Fact{Kind: refusal.SignInCredentials, Reason: "length"})
	} else {
		proof, result, err = check()
	}
	if s.Observe != nil {
		s.Observe(method, result)
	}
	return proof, err
}

// judge takes a slot at the account, which is user's if there is one, and checks the
// password.
func (s *Service) judge(ctx context.Context, account throttle.Account, user store.User, pw string, method signin.Method) (proof signin.Proof, result string, err error) {
	known := user.ID != 0
	attempt, err := s.Limits.SignIn(ctx, account)
	if err != nil {
		return signin.Proof{}, hindrance(err), err
	}
	right, rehash, err := s.compare(ctx, user, known, pw)
	// The outcome is written even if the caller hangs up. Otherwise tries would cost
	// nothing if the caller did not wait for the answer.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	if err != nil {
		attempt.Abandoned(end)
		return signin.Proof{}, hindrance(err), fmt.Errorf("checking a password: %w", err)
	}
	if reason := s.refusal(known, right, user, method); reason != "" {
		return signin.Proof{}, "refused", s.refused(end, attempt, user, known, method, reason)
	}
	attempt.Succeeded(end)
	proof = signin.Password(user, method, s.Now())
	proof.Lacks = s.Factors.Lack(user)
	proof.NewHash = s.rehashed(ctx, rehash, pw)
	proof.Stolen = s.stolen(ctx, pw)
	if method == signin.ByLogin { // pages do so when the sign-in is complete
		proof.Notice = s.Unfamiliar(ctx, user, method)
	}
	return proof, "ok", nil
}

// hindrance returns why a password could not be checked.
func hindrance(err error) string {
	var limited *throttle.Limited
	switch {
	case errors.As(err, &limited):
		return "throttled"
	case errors.Is(err, password.ErrBusy):
		return "busy"
	}
	return "fault"
}

// compare costs the same for known and unknown users, and for users without a password.
func (s *Service) compare(ctx context.Context, user store.User, known bool, pw string) (right, rehash bool, err error) {
	if !known || user.PasswordHash == "" {
		return false, false, s.Passwords.VerifyNobody(ctx, pw)
	}
	return s.Passwords.Verify(ctx, user.PasswordHash, pw)
}

// unverified is the reason of an ErrUnverified.
const unverified = "unverified"

// refusal returns why a sign-in is refused, for the record, or "". Where an address must
// be proved, that is so for people who signed up alone: an administrator gave a role to
// the others, who must be able to sign in while mail does not work.
func (s *Service) refusal(known, right bool, user store.User, method signin.Method) string {
	switch {
	case !known:
		return "unknown"
	case !right:
		return "password"
	case !user.Active:
		return "inactive"
	case s.SignUpVerified && !user.EmailVerified && user.Role == store.RoleUser && method != signin.ByConfirm:
		return unverified
	}
	return ""
}

func (s *Service) refused(ctx context.Context, attempt *throttle.Attempt, user store.User, known bool, method signin.Method, reason string) error {
	attempt.Failed(ctx)
	event := audit.Event{Actor: "anonymous", What: audit.SignInRefused{Method: method, Reason: reason}}
	if known {
		event.Subject = audit.UserSubject(user.Sub)
	}
	if err := s.DB.Audit(ctx, event.Record(ctx, s.Now())); err != nil {
		return fmt.Errorf("recording a refused sign-in: %w", err)
	}
	fact := refusal.Fact{Kind: refusal.SignInCredentials, Reason: reason, UserID: user.ID}
	if reason == unverified {
		fact.Kind = refusal.SignInUnverified
		return errors.Join(refusal.With(ErrUnverified, fact), s.sendAnew(ctx, user))
	}
	return refusal.With(ErrCredentials, fact)
}

// rehashed returns a hash of the password with the current parameters, if wanted. If
// the hasher is busy, a later sign-in will do it.
func (s *Service) rehashed(ctx context.Context, wanted bool, pw string) string {
	if !wanted {
		return ""
	}
	hash, err := s.Passwords.Hash(ctx, pw)
	if busy := (*password.Busy)(nil); err != nil && !errors.As(err, &busy) {
		s.Log.WarnContext(ctx, "a password was not re-hashed", "error", err)
	}
	return hash
}

// stolen reports whether the password is in a list of stolen ones; nil if that cannot be
// told now. It never hinders a sign-in.
func (s *Service) stolen(ctx context.Context, pw string) *bool {
	known, err := s.Policy.Known(pw)
	if err != nil {
		s.Log.WarnContext(ctx, "a password was not looked up among the stolen ones", "error", err)
		return nil
	}
	return &known
}
