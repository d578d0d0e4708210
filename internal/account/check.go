package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/names"
	"gatehouse/internal/password"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// finishing is how long the end of a try may take that the caller cannot call off.
const finishing = 3 * time.Second

// CheckPassword returns the proof of the person whose name and password these
// are. Name is a username or an e-mail address in any spelling; method says for
// the record what asks.
//
// An unknown name, a wrong password and an inactive person get the same answer
// after the same work. The slot for the try is taken before any of it, under one
// key for all spellings and for both names of a person, so that a guesser gains
// nothing by changing the spelling or the way in. It returns ErrCredentials,
// *throttle.Limited or *password.Busy.
func (s *Service) CheckPassword(ctx context.Context, name, pw, method string) (signin.Proof, error) {
	proof, result, err := s.checkPassword(ctx, name, pw, method)
	if s.Observe != nil {
		s.Observe(method, result)
	}
	return proof, err
}

// checkPassword tells the result in one word as well: "ok", why it was refused, or
// what kept it from being known.
func (s *Service) checkPassword(ctx context.Context, name, pw, method string) (proof signin.Proof, result string, err error) {
	if err := s.Passwords.Room(); err != nil {
		return signin.Proof{}, hindrance(err), err
	}
	key := names.Lookup(name)
	user, err := s.DB.UserByName(ctx, key)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return signin.Proof{}, "fault", fmt.Errorf("looking up a name: %w", err)
	}
	if known {
		key = user.UsernameKey
	}
	attempt, err := s.Limits.SignIn(ctx, key)
	if err != nil {
		return signin.Proof{}, hindrance(err), err
	}
	right, rehash, err := s.compare(ctx, user, known, pw)
	// The outcome is written though the caller has hung up: otherwise he could try
	// for nothing by not waiting for the answer.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	if err != nil {
		attempt.Abandoned(end)
		return signin.Proof{}, hindrance(err), fmt.Errorf("checking a password: %w", err)
	}
	if reason := refusal(known, right, user); reason != "" {
		return signin.Proof{}, reason, s.refused(end, attempt, user, known, method, reason)
	}
	attempt.Succeeded(end)
	proof = signin.Password(user, method, s.Now())
	proof.NewHash = s.rehashed(ctx, rehash, pw)
	return proof, "ok", nil
}

// hindrance is what kept a password from being checked.
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

// compare costs the same for everybody. A password that is too long to be
// anybody's costs nothing, for everybody alike.
func (s *Service) compare(ctx context.Context, user store.User, known bool, pw string) (right, rehash bool, err error) {
	if !known {
		return false, false, s.Passwords.VerifyNobody(ctx, pw)
	}
	return s.Passwords.Verify(ctx, user.PasswordHash, pw)
}

// refusal is why a sign-in is refused, for the record; empty: it is not.
func refusal(known, right bool, user store.User) string {
	switch {
	case !known:
		return "unknown"
	case !right:
		return "password"
	case !user.Active:
		return "inactive"
	}
	return ""
}

func (s *Service) refused(ctx context.Context, attempt *throttle.Attempt, user store.User, known bool, method, reason string) error {
	attempt.Failed(ctx)
	event := audit.Event{Actor: "anonymous", What: audit.SignInRefused{Method: method, Reason: reason}}
	if known {
		event.Subject = audit.UserSubject(user.Sub)
	}
	if err := s.DB.Audit(ctx, event.Record(ctx, s.Now())); err != nil {
		return fmt.Errorf("recording a refused sign-in: %w", err)
	}
	return ErrCredentials
}

// rehashed is the password in today's form, if the record has it in an older one.
// If there is no room for the work now, the next sign-in will do it.
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
