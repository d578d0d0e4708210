package factor

import (
	"context"
	"errors"

	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A Required refuses a sign-in through an API until a factor is shown. AuthSession names
// the sign-in that waits for it.
type Required struct {
	Factors     []Kind
	AuthSession string
	// Wrong is set if a factor was shown and is not right.
	Wrong bool

	cause error // why it was not right
}

// Unwrap lets errors.As find what explains a factor that is not right.
func (e *Required) Unwrap() error { return e.cause }

func (e *Required) Error() string {
	if e.Wrong {
		return "factor: a second factor is required, and the one shown is not right"
	}
	return "factor: a second factor is required"
}

// ErrEnrolment refuses a sign-in through an API of a person who must have a second factor
// and has none: they set one up at our own pages.
var ErrEnrolment = errors.New("factor: a second factor has to be set up")

// Complete adds what a client sent beside a right password to its proof. Without it, or if
// it is wrong, the error is a *Required; ErrEnrolment if the person has nothing to show.
func (s *Service) Complete(ctx context.Context, proof signin.Proof, clientID string, a Answer) (signin.Proof, error) {
	switch {
	case proof.Lacks == signin.LacksNothing:
		return proof, nil
	case proof.Lacks == signin.LacksEnrolment:
		return proof, ErrEnrolment
	case a.Empty():
		return proof, s.ask(ctx, proof, clientID, nil)
	}
	found, err := s.Check(ctx, proof.User, proof.Method, a)
	if errors.Is(err, ErrWrong) {
		return proof, s.ask(ctx, proof, clientID, err)
	}
	if err != nil {
		return proof, err
	}
	return proof.With(found, s.Now()), nil
}

// Continue completes the sign-in that waits under a name for this client. The error is
// ErrGone, or a *Required with the same name.
func (s *Service) Continue(ctx context.Context, token, clientID string, a Answer) (signin.Proof, error) {
	w, err := s.Waiting(ctx, token, clientID)
	if err != nil {
		return signin.Proof{}, err
	}
	again := &Required{Factors: Takes(w.Proof.User.Factors), AuthSession: token}
	if a.Empty() {
		return signin.Proof{}, again
	}
	proof, err := s.Answer(ctx, w, a)
	if errors.Is(err, ErrWrong) && !errors.Is(err, ErrGone) {
		again.Wrong, again.cause = true, err
		return signin.Proof{}, again
	}
	return proof, err
}

// Prove checks the second factor of a person who acts without a password, such as by a link
// that was mailed. It returns the zero Factor for one who has none. The error is a
// *Required without an AuthSession, or a *throttle.Limited.
func (s *Service) Prove(ctx context.Context, u store.User, a Answer) (signin.Factor, error) {
	if !u.Factors.Second() {
		return signin.Factor{}, nil
	}
	if a.Empty() {
		return signin.Factor{}, &Required{Factors: Takes(u.Factors)}
	}
	found, err := s.Check(ctx, u, signin.ByConfirm, a)
	if errors.Is(err, ErrWrong) {
		return found, &Required{Factors: Takes(u.Factors), Wrong: true}
	}
	return found, err
}

// ask keeps the proof and returns what it lacks. Wrong is why a factor that was shown is not
// right; nil: none was.
func (s *Service) ask(ctx context.Context, proof signin.Proof, clientID string, wrong error) error {
	token, err := s.Begin(ctx, proof, clientID, nil)
	if err != nil {
		return err
	}
	return &Required{Factors: Takes(proof.User.Factors), AuthSession: token, Wrong: wrong != nil, cause: wrong}
}
