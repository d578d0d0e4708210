package keys

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// Retire withdraws a key at once: it stops signing and verifying, and leaves the
// JWKS. Tokens that it signed are worthless from then on. If the key is in force,
// its successor signs at once; a verifier that cached the JWKS has to fetch it
// again for the new kid. Retiring a key again changes nothing. The error is
// ErrUnknownKey if the ring does not have the key.
//
// The successor is recorded before the key is withdrawn, so an interruption always
// leaves a key in force, and a second call finishes the work.
func (r *Ring) Retire(ctx context.Context, kid, actor string) error {
	if _, err := r.snapshot(ctx); err != nil {
		return err
	}
	if err := r.retire(ctx, kid, actor); err != nil {
		return fmt.Errorf("retiring signing key %.64q: %w", kid, err)
	}
	return nil
}

func (r *Ring) retire(ctx context.Context, kid, actor string) error {
	if err := r.changing.enter(ctx); err != nil {
		return err
	}
	defer r.changing.leave()
	if err := r.reload(ctx); err != nil {
		return err
	}
	k := r.current.Load().byID[kid]
	if k == nil {
		return ErrUnknownKey
	}
	if k.retired() {
		return nil
	}
	if err := r.ensureSuccessor(ctx, k, actor); err != nil {
		return err
	}
	at := r.recordNow()
	err := r.options.Store.RetireSigningKey(ctx, kid, at, event(ctx, actor, kid, at, audit.KeyRetired{Algorithm: k.Algorithm, Generation: k.Generation}))
	if errors.Is(err, store.ErrNotFound) {
		return ErrUnknownKey
	}
	if err != nil {
		return err
	}
	return r.ensureSigner(ctx, k.Algorithm, actor)
}

// ensureSuccessor makes a key that signs at once if k is in force and no
// successor is published.
func (r *Ring) ensureSuccessor(ctx context.Context, k *key, actor string) error {
	keys, now := r.current.Load().rings[k.Algorithm], r.options.Now()
	if current := keys.signing(now); current == nil || current.ID != k.ID || keys.next(now) != nil {
		return nil
	}
	_, err := r.add(ctx, k.Algorithm, keys, actor, atOnce)
	return err
}

// ensureSigner reads the record and, if it has no key in force, makes one that signs
// at once: two operators may have retired the key in force and its successor at
// the same moment.
func (r *Ring) ensureSigner(ctx context.Context, algorithm, actor string) error {
	if err := r.reload(ctx); err != nil {
		return err
	}
	keys := r.current.Load().rings[algorithm]
	if keys.signing(r.options.Now()) != nil {
		return nil
	}
	return r.begin(ctx, algorithm, keys, actor)
}
