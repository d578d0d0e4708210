package keys

import (
	"context"
	"errors"
	"fmt"
)

// find returns a key in use. An unknown kid may belong to a key that has just taken
// over from a retired one on another replica, so find reads the record again, but at
// most once per askEvery, however many kids strangers invent. The error is
// ErrUnknownKey, or the error of the reading: without the record, find cannot tell
// that a kid is not ours.
func (r *Ring) find(ctx context.Context, kid string) (*key, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if k := s.usable(kid, r.options.Now()); k != nil {
		return k, nil
	}
	if s.byID[kid] != nil {
		return nil, fmt.Errorf("%w: %s is gone", ErrUnknownKey, kid)
	}
	if err := r.ask(ctx); err != nil {
		return nil, err
	}
	if k := r.current.Load().usable(kid, r.options.Now()); k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("%w: %.64q", ErrUnknownKey, kid)
}

// ask reads the record unless another caller has just done so. Callers that arrive
// meanwhile wait for that reading.
func (r *Ring) ask(ctx context.Context) error {
	if err := r.reading.enter(ctx); err != nil {
		return fmt.Errorf("waiting for the signing keys: %w", err)
	}
	defer r.reading.leave()
	if now := r.options.Now(); now.Sub(r.askedAt) >= askEvery || now.Before(r.askedAt) {
		r.askedAt = now
		return r.read(ctx)
	}
	if stale := r.stale.Load(); stale != nil {
		return *stale
	}
	return nil
}

func isUnknown(err error) bool { return errors.Is(err, ErrUnknownKey) }
