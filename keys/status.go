package keys

import (
	"context"
	"time"
)

// A Status tells of one key.
type Status struct {
	ID         string
	Generation int64
	State      State
	CreatedAt  time.Time
	// SignFrom is when it took or takes over.
	SignFrom time.Time
	// GoneAt is when it left or leaves the JWKS; zero as long as no key follows it.
	GoneAt time.Time
	// Already is set by Rotate for a key that was published before.
	Already bool
}

func (s schedule) status(k *key, now time.Time, already bool) Status {
	return Status{
		ID: k.ID, Generation: k.Generation, State: s.state(k, now),
		CreatedAt: k.CreatedAt, SignFrom: k.SignFrom, GoneAt: k.goneAt, Already: already,
	}
}

// List returns all keys of the record, by generation.
func (r *Ring) List(ctx context.Context) ([]Status, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	now := r.options.Now()
	list := make([]Status, 0, len(s.keys))
	for _, k := range s.keys {
		list = append(list, s.keys.status(k, now, false))
	}
	return list, nil
}
