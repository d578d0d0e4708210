package keys

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// Rewrapped tells what Rewrap did.
type Rewrapped struct {
	// Master is the ID of the master key that all signing keys are sealed under now.
	Master string
	// Keys is how many there are, and Changed how many were sealed under another.
	Keys, Changed int
}

// Rewrap seals all signing keys under the first of the master keys. It is done for
// all of them or for none, and again where a key was added or erased meanwhile.
// Replicas that know both master keys notice nothing; one that knows only the one
// from before goes on with the keys it has in memory, as long as they are not retired,
// and does not start again. Until Settle, a replica may still go by the master key from
// before, and so make what another does not open.
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
	if done.Changed == 0 {
		return done, nil
	}
	at := r.recordNow()
	what := audit.KeysRewrapped{MasterKey: done.Master, Keys: done.Changed}
	return done, r.options.Store.RewrapSigningKeys(ctx, records, audit.Event{Actor: actor, What: what}.Record(ctx, at))
}

// Reseal returns k as it is under the master key of that ID. Keys that are gone are
// sealed anew, too: they stay on record for a while, and what cannot be opened would
// stop a start.
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
