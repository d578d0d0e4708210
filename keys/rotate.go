package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// Choose makes sure that keys sign with an algorithm, and returns from when they do. The
// first key of an algorithm is published when it is first chosen, and signs PublishLead later.
func (r *Ring) Choose(ctx context.Context, algorithm, actor string) (from time.Time, err error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if k := s.rings[algorithm].signing(r.options.Now()); k != nil {
		return k.SignFrom, nil
	}
	first, err := r.Rotate(ctx, algorithm, actor)
	return first.SignFrom, err
}

// Rotate publishes the next key of an algorithm, which signs PublishLead later. If the next
// key is published already, by this replica or another, Rotate returns that one with
// Status.Already set. The first key of an algorithm is published in the same way.
func (r *Ring) Rotate(ctx context.Context, algorithm, actor string) (Status, error) {
	if !Accepts(algorithm) {
		return Status{}, fmt.Errorf("rotating the signing keys: %w: %.32q", ErrUnknownAlgorithm, algorithm)
	}
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
	keys, now := r.current.Load().rings[algorithm], r.options.Now()
	if next := keys.next(now); next != nil {
		return keys.status(next, now, true), nil
	}
	made, err := r.add(ctx, algorithm, keys, actor, r.afterLead)
	if err != nil {
		return Status{}, fmt.Errorf("rotating the signing keys: %w", err)
	}
	keys = r.current.Load().rings[algorithm]
	return keys.status(keys[len(keys)-1], r.options.Now(), !made), nil
}

func (r *Ring) afterLead(now time.Time) time.Time { return now.Add(r.options.PublishLead) }

// keepSchedule makes the next key of each algorithm when it is due.
func (r *Ring) keepSchedule(ctx context.Context) error {
	if err := r.changing.enter(ctx); err != nil {
		return err
	}
	defer r.changing.leave()
	for _, algorithm := range store.SigningAlgorithms() {
		if err := r.keepRing(ctx, algorithm); err != nil {
			return err
		}
	}
	return nil
}

// keepRing does it for one algorithm. In a new database none is in force of RS256, and
// none of an algorithm whose keys were all retired.
func (r *Ring) keepRing(ctx context.Context, algorithm string) error {
	keys, now := r.current.Load().rings[algorithm], r.options.Now()
	current := keys.signing(now)
	if current == nil {
		return r.begin(ctx, algorithm, keys, audit.System)
	}
	if r.options.RotateEvery == 0 || keys.next(now) != nil || now.Before(dueAt(current, r.options.RotateEvery, r.options.PublishLead)) {
		return nil
	}
	_, err := r.add(ctx, algorithm, keys, audit.System, func(now time.Time) time.Time {
		return latest(now.Add(r.options.PublishLead), current.SignFrom.Add(r.options.RotateEvery))
	})
	return err
}

// begin makes a key for an algorithm that has none in force: one that signs at once, or after
// the lead if none has ever signed and RS256 goes on instead. An algorithm that nobody chose
// has no key at all.
func (r *Ring) begin(ctx context.Context, algorithm string, keys schedule, actor string) error {
	signFrom := atOnce
	if algorithm != store.RS256 {
		if now := r.options.Now(); len(keys) == 0 || keys.next(now) != nil {
			return nil
		} else if !keys.signed(now) {
			signFrom = r.afterLead
		}
	}
	_, err := r.add(ctx, algorithm, keys, actor, signFrom)
	return err
}

func atOnce(now time.Time) time.Time { return now }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// add makes the generation of an algorithm after the last one in known, which is what the caller
// decided by, and reads the record again. A generation is unique in the record: if
// another replica's key came first, that one counts and made is false. Making a key
// takes long enough for that key to be read meanwhile, so the generation follows
// from known rather than from the current snapshot.
//
// The key's times are set after it was made, which may take seconds. Adding it must
// not take longer than clockMargin, which maxAge allows for.
func (r *Ring) add(ctx context.Context, algorithm string, known schedule, actor string, signFrom func(now time.Time) time.Time) (made bool, err error) {
	if r.stale.Load() != nil { // a key made by an old snapshot would be refused, and made again every second
		if err := r.reload(ctx); err != nil {
			return false, err
		}
	}
	private, err := r.newKey(algorithm)
	if err != nil {
		return false, fmt.Errorf("making a signing key: %w", err)
	}
	k, err := r.seal(private, algorithm)
	if err != nil {
		return false, err
	}
	k.Generation = known.lastGeneration() + 1
	k.CreatedAt = r.recordNow()
	k.SignFrom = signFrom(k.CreatedAt)
	what := audit.KeyCreated{Algorithm: k.Algorithm, Generation: k.Generation, SignFrom: k.SignFrom.Format(time.RFC3339)}
	adding, cancel := context.WithTimeout(ctx, r.clockMargin())
	defer cancel()
	err = r.options.Store.AddSigningKey(adding, k, event(ctx, actor, k.ID, k.CreatedAt, what))
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return false, fmt.Errorf("adding a signing key: %w", err)
	}
	if again := r.reload(ctx); again != nil || err == nil {
		return err == nil, again
	}
	if now := r.current.Load().rings[algorithm]; now.lastGeneration() == known.lastGeneration() {
		return r.add(ctx, algorithm, now, actor, signFrom) // no other key came first: all were rewrapped meanwhile
	}
	return false, nil
}

func event(ctx context.Context, actor, kid string, at time.Time, what audit.Kind) store.AuditEvent {
	return audit.Event{Actor: actor, Subject: audit.KeySubject(kid), What: what}.Record(ctx, at)
}
