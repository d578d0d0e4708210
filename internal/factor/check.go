package factor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/refusal"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// An Answer is what somebody typed for a person's factor.
type Answer struct{ OTP, RecoveryCode string }

// Empty reports whether nothing was typed.
func (a Answer) Empty() bool { return a == Answer{} }

// Check checks a factor of a person who is signing in, and whose first factor was right.
// What it returns is used up when the proof is honoured (signin.Proof.With). Tries are
// counted by the person, apart from those at the password. The errors are ErrWrong and
// *throttle.Limited.
func (s *Service) Check(ctx context.Context, u store.User, method signin.Method, a Answer) (signin.Factor, error) {
	return s.check(ctx, throttle.Factor(u.Sub), u, method, a)
}

// Confirm is Check for a person who is signed in and proves once more who they are.
func (s *Service) Confirm(ctx context.Context, u store.User, a Answer) (signin.Factor, error) {
	return s.check(ctx, throttle.FactorSignedIn(u.Sub), u, signin.ByConfirm, a)
}

func (s *Service) check(ctx context.Context, account throttle.Account, u store.User, method signin.Method, a Answer) (signin.Factor, error) {
	attempt, err := s.Limits.SignIn(ctx, account)
	if limited := (*throttle.Limited)(nil); errors.As(err, &limited) {
		s.guessed(ctx, u)
	}
	if err != nil {
		return signin.Factor{}, err
	}
	found, err := s.look(ctx, u, a)
	// The outcome is written even if the caller hangs up: a try must not be free for those
	// who do not wait for the answer.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	switch {
	case err == nil:
		attempt.Succeeded(end)
	case errors.Is(err, ErrWrong):
		attempt.Failed(end)
		return signin.Factor{}, s.refused(end, u, method)
	default:
		attempt.Abandoned(end)
	}
	return found, err
}

// finishing bounds the end of a check, which the caller cannot cancel.
const finishing = 3 * time.Second

// look compares an answer. With both a code and a recovery code it looks at the code alone,
// so that one try is one guess.
func (s *Service) look(ctx context.Context, u store.User, a Answer) (signin.Factor, error) {
	if a.OTP != "" {
		return s.totp(ctx, u, a.OTP)
	}
	return s.recoveryCode(ctx, u, a.RecoveryCode)
}

// refused puts a wrong factor on record, but not what was typed, and returns the refusal.
func (s *Service) refused(ctx context.Context, u store.User, method signin.Method) error {
	event := audit.Event{Actor: "anonymous", Subject: audit.UserSubject(u.Sub), What: audit.SignInRefused{Method: method, Reason: "factor"}}
	if err := s.DB.Audit(ctx, event.Record(ctx, s.Now())); err != nil {
		return fmt.Errorf("recording a refused factor: %w", err)
	}
	return refusal.With(ErrWrong, refusal.Fact{Kind: refusal.SignInFactor, UserID: u.ID})
}

// guessed tells the owner of an account that somebody guesses, once an hour.
func (s *Service) guessed(ctx context.Context, u store.User) {
	if s.Guessed == nil {
		return
	}
	now := s.Now()
	hour := now.Truncate(time.Hour)
	first, err := s.DB.UseOnce(ctx, store.DigestOf("guessing "+u.Sub+" "+strconv.FormatInt(hour.Unix(), 10)), hour.Add(time.Hour))
	if err == nil && first {
		s.Guessed(ctx, u)
	}
}
