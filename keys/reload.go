package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gatehouse/store"
)

const readTimeout = 2 * time.Second

// A snapshot is one reading of the record; nothing in it changes.
type snapshot struct {
	rings map[string]schedule // by algorithm
	byID  map[string]*key
	// readAt is when the reading began: a key that is not in it was added later.
	readAt time.Time
	// masterID names the master key in force: the one that the last key of RS256 is sealed
	// under, which every release reads and writes.
	masterID string
	jwks     jwks
}

// all returns the rings, that of RS256 first.
func (s *snapshot) all() []schedule {
	all := []schedule{s.rings[store.RS256]}
	for _, algorithm := range slices.Sorted(maps.Keys(s.rings)) {
		if algorithm != store.RS256 {
			all = append(all, s.rings[algorithm])
		}
	}
	return all
}

// add appends a key, whose generation follows those that were added before.
func (s *snapshot) add(k *key) {
	s.rings[k.Algorithm] = append(s.rings[k.Algorithm], k)
	s.byID[k.ID] = k
}

func (s *snapshot) setGone(verifyFor time.Duration) {
	for _, ring := range s.rings {
		ring.setGone(verifyFor)
	}
}

// newSnapshot returns an empty one.
func newSnapshot(readAt time.Time, masterID string) *snapshot {
	return &snapshot{rings: map[string]schedule{}, byID: map[string]*key{}, readAt: readAt, masterID: masterID}
}

// usable returns the key with that kid if it may verify, and sign again what it
// signed before; otherwise it returns nil.
func (s *snapshot) usable(kid string, now time.Time) *key {
	if k := s.byID[kid]; k != nil && k.pair != nil && !k.gone(now) {
		return k
	}
	return nil
}

// reload reads the record. If that fails, the ring keeps using the keys it has,
// which is safe. A key that was added since then does not sign on any replica until
// PublishLead has passed, and by then the JWKS's max-age has fallen to zero
// (maxAge). A key that was retired since then is trusted here while the record is
// unavailable, but meanwhile no session can be checked, so no token of a user is
// accepted either.
func (r *Ring) reload(ctx context.Context) error {
	if err := r.reading.enter(ctx); err != nil {
		return fmt.Errorf("reading the signing keys: %w: %w", store.ErrUnavailable, err)
	}
	defer r.reading.leave()
	return r.read(ctx)
}

// read is reload for a caller that has entered the gate.
func (r *Ring) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := r.options.Now()
	records, err := r.options.Store.SigningKeys(ctx)
	if err == nil {
		err = r.adopt(records, began)
	}
	if err != nil {
		err = fmt.Errorf("reading the signing keys: %w", err)
		r.stale.Store(&err)
		return err
	}
	r.stale.Store(nil)
	return nil
}

// adopt makes records the current snapshot.
func (r *Ring) adopt(records []store.SigningKey, readAt time.Time) error {
	before := r.current.Load()
	if len(records) == 0 && before != nil && len(before.byID) > 0 {
		// Only keys that are gone are ever erased, so the database was emptied.
		// Starting again would replace the keys that a restore is about to bring back.
		return errors.New("the signing keys have vanished from the database; keeping those in memory")
	}
	now := newSnapshot(readAt, r.options.Masters[0].ID())
	for _, record := range records {
		if _, err := r.options.Masters.find(record.MasterKeyID); err != nil {
			return r.follow(before, records, err)
		}
		if record.Algorithm == store.RS256 {
			now.masterID = record.MasterKeyID
		}
		now.add(&key{SigningKey: record})
	}
	now.setGone(r.options.VerifyFor)
	if err := r.unsealAll(now, before); err != nil {
		return err
	}
	if err := now.publish(before, r.options.Now()); err != nil {
		return err
	}
	r.current.Store(now)
	if now.rings[store.RS256].signing(r.options.Now()) != nil {
		r.readyOnce.Do(func() { close(r.ready) })
	}
	return nil
}

// follow applies what can be read of records that are sealed under a master key that
// is not ours: which of the keys in memory are retired or erased, and when the others
// sign. readAt stays as it was, so verifiers cache the key set ever more briefly. It
// returns why.
func (r *Ring) follow(before *snapshot, records []store.SigningKey, why error) error {
	if before == nil {
		return why
	}
	now := newSnapshot(before.readAt, before.masterID)
	for _, record := range records {
		if known := before.byID[record.ID]; known != nil {
			k := *known
			k.RetiredAt, k.SignFrom = record.RetiredAt, record.SignFrom
			now.add(&k)
		}
	}
	now.setGone(r.options.VerifyFor)
	if err := now.publish(before, r.options.Now()); err != nil {
		return errors.Join(why, err)
	}
	r.current.Store(now)
	return why
}

// unsealAll gives each key that is not gone its pair, and reuses those in before.
func (r *Ring) unsealAll(now, before *snapshot) error {
	for _, k := range now.byID {
		if known := before.find(k); known != nil {
			k.pair = known.pair
		}
		if k.gone(r.options.Now()) {
			k.pair = nil
		} else if k.pair == nil {
			opened, err := r.open(k.SigningKey)
			if err != nil {
				return err
			}
			k.pair = opened
		}
	}
	return nil
}

// open is unseal with the kid in the error, unless that is a WrongMasterKey, which
// concerns all keys.
func (r *Ring) open(k store.SigningKey) (*pair, error) {
	opened, err := r.unseal(k)
	var wrong *WrongMasterKey
	if err != nil && !errors.As(err, &wrong) {
		err = fmt.Errorf("signing key %s is damaged: %w", k.ID, err)
	}
	return opened, err
}

// find returns the key in s with the same kid and the same sealed bytes, or nil.
func (s *snapshot) find(k *key) *key {
	if s == nil {
		return nil
	}
	if known := s.byID[k.ID]; known != nil && bytes.Equal(known.Sealed, k.Sealed) {
		return known
	}
	return nil
}
