package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// Rotate publishes the next key, which signs PublishLead later. If the next key is
// published already, by this replica or another, Rotate returns that one with
// Status.Already set.
func (r *Ring) Rotate(ctx context.Context, actor string) (Status, error) {
	if _, err := r.snapshot(ctx); err != nil {
		return Status{}, err
	}
	if err := r.changing.enter(ctx); err != nil {
		return Status{}, fmt.Errorf("rotating the signing keys: %w", err)
	}
	defer r.changing.leave()
	if err := r.reload(ctx); err != nil {
		return Status{}, fmt.Errorf("rotating the signing keys: %w", err)
	}
	s, now := r.current.Load(), r.options.Now()
	if next := s.keys.next(now); next != nil {
		return s.keys.status(next, now, true), nil
	}
	made, err := r.add(ctx, s.keys, actor, func(now time.Time) time.Time { return now.Add(r.options.PublishLead) })
	if err != nil {
		return Status{}, fmt.Errorf("rotating the signing keys: %w", err)
	}
	s = r.current.Load()
	return s.keys.status(s.keys[len(s.keys)-1], r.options.Now(), !made), nil
}

// keepSchedule makes the next key when it is due. In a new database, or if all keys
// were retired, none is in force, and it makes one that signs at once.
func (r *Ring) keepSchedule(ctx context.Context) error {
	if err := r.changing.enter(ctx); err != nil {
		return err
	}
	defer r.changing.leave()
	keys, now := r.current.Load().keys, r.options.Now()
	current := keys.signing(now)
	if current == nil {
		_, err := r.add(ctx, keys, audit.System, atOnce)
		return err
	}
	if r.options.RotateEvery == 0 || keys.next(now) != nil || now.Before(dueAt(current, r.options.RotateEvery, r.options.PublishLead)) {
		return nil
	}
	_, err := r.add(ctx, keys, audit.System, func(now time.Time) time.Time {
		return latest(now.Add(r.options.PublishLead), current.SignFrom.Add(r.options.RotateEvery))
	})
	return err
}

func atOnce(now time.Time) time.Time { return now }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// add makes the generation after the last one in known, which is what the caller
// decided by, and reads the record again. A generation is unique in the record: if
// another replica's key came first, that one counts and made is false. Making a key
// takes long enough for that key to be read meanwhile, so the generation follows
// from known rather than from the current snapshot.
//
// The key's times are set after it was made, which may take seconds. Adding it must
// not take longer than clockMargin, which maxAge allows for.
func (r *Ring) add(ctx context.Context, known schedule, actor string, signFrom func(now time.Time) time.Time) (made bool, err error) {
	if r.stale.Load() != nil { // a key made by an old snapshot would be refused, and made again every second
		if err := r.reload(ctx); err != nil {
			return false, err
		}
	}
	private, err := r.generate()
	if err != nil {
		return false, fmt.Errorf("making a signing key: %w", err)
	}
	k, err := r.seal(private)
	if err != nil {
		return false, err
	}
	k.Generation = known.lastGeneration() + 1
	k.CreatedAt = r.recordNow()
	k.SignFrom = signFrom(k.CreatedAt)
	what := audit.KeyCreated{Generation: k.Generation, SignFrom: k.SignFrom.Format(time.RFC3339)}
	adding, cancel := context.WithTimeout(ctx, r.clockMargin())
	defer cancel()
	err = r.options.Store.AddSigningKey(adding, k, event(ctx, actor, k.ID, k.CreatedAt, what))
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return false, fmt.Errorf("adding a signing key: %w", err)
	}
	if again := r.reload(ctx); again != nil || err == nil {
		return err == nil, again
	}
	if now := r.current.Load().keys; now.lastGeneration() == known.lastGeneration() {
		return r.add(ctx, now, actor, signFrom) // no other key came first: all were rewrapped meanwhile
	}
	return false, nil
}

func event(ctx context.Context, actor, kid string, at time.Time, what audit.Kind) store.AuditEvent {
	return audit.Event{Actor: actor, Subject: audit.KeySubject(kid), What: what}.Record(ctx, at)
}
