package keys

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// Rewrapped is the result of Rewrap.
type Rewrapped struct {
	// Master is the ID of the master key that all signing keys are sealed under now.
	Master string
	// Keys counts all signing keys, and Changed those that were sealed under another
	// master key before.
	Keys, Changed int
}

// Rewrap seals all signing keys, and the data key, under the first of the master keys. It
// changes all of them or none, and starts again if a key was added or erased meanwhile. Replicas that
// have both master keys notice nothing. A replica that has only the previous one keeps
// using the keys in its memory until they are retired, but cannot be restarted. Until
// Settle returns, a replica may still seal with the previous master key what another
// replica does not open.
func (r *Ring) Rewrap(ctx context.Context, actor string) (Rewrapped, error) {
	if err := r.changing.enter(ctx); err != nil {
		return Rewrapped{}, fmt.Errorf("rewrapping the signing keys: %w", err)
	}
	defer r.changing.leave()
	for {
		done, err := r.rewrap(ctx, actor)
		if errors.Is(err, store.ErrConflict) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return Rewrapped{}, fmt.Errorf("rewrapping the signing keys: %w", err)
		}
		return done, r.reload(ctx)
	}
}

func (r *Ring) rewrap(ctx context.Context, actor string) (Rewrapped, error) {
	records, err := r.options.Store.SigningKeys(ctx)
	if err != nil {
		return Rewrapped{}, err
	}
	data, err := r.options.Store.DataKeys(ctx)
	if err != nil {
		return Rewrapped{}, err
	}
	done := Rewrapped{Master: r.options.Masters[0].ID(), Keys: len(records)}
	for i, k := range records {
		if k.MasterKeyID == done.Master {
			continue
		}
		done.Changed++
		if records[i], err = r.options.Masters.Reseal(k, done.Master); err != nil {
			return Rewrapped{}, err
		}
	}
	// The data keys are sealed under the same master key as the signing keys.
	if done.Changed == 0 {
		return done, nil
	}
	for i, k := range data {
		if data[i], err = r.options.Masters.ResealData(k, done.Master); err != nil {
			return Rewrapped{}, err
		}
	}
	at := r.recordNow()
	what := audit.KeysRewrapped{MasterKey: done.Master, Keys: done.Changed}
	return done, r.options.Store.RewrapKeys(ctx, records, data, audit.Event{Actor: actor, What: what}.Record(ctx, at))
}

// Reseal returns k sealed under the master key with the ID under. Keys that are gone
// are resealed, too: they stay on record for a while, and a record that cannot be
// opened would prevent a start.
func (m MasterKeys) Reseal(k store.SigningKey, under string) (store.SigningKey, error) {
	if k.MasterKeyID == under {
		return k, nil
	}
	from, err := m.find(k.MasterKeyID)
	if err != nil {
		return k, err
	}
	to, err := m.find(under)
	if err != nil {
		return k, err
	}
	secret, err := from.Open(k.Sealed, sealedFor(k.ID, k.Algorithm))
	if err != nil {
		return k, fmt.Errorf("signing key %s is damaged: %w", k.ID, err)
	}
	k.Sealed, err = to.Seal(secret, sealedFor(k.ID, k.Algorithm))
	k.MasterKeyID = to.ID()
	return k, err
}
