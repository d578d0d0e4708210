package keys

import (
	"context"
	"time"
)

// A Status describes one key.
type Status struct {
	ID         string
	Algorithm  string
	Generation int64
	State      State
	CreatedAt  time.Time
	// SignFrom is when the key took over or will take over.
	SignFrom time.Time
	// GoneAt is when the key left or will leave the JWKS; zero until a key follows it.
	GoneAt time.Time
	// Already is set by Rotate if it did not make the key.
	Already bool
}

func (s schedule) status(k *key, now time.Time, already bool) Status {
	return Status{
		ID: k.ID, Algorithm: k.Algorithm, Generation: k.Generation, State: s.state(k, now),
		CreatedAt: k.CreatedAt, SignFrom: k.SignFrom, GoneAt: k.goneAt, Already: already,
	}
}

// List returns all keys of the record: those of RS256 first, then the others by algorithm,
// and the keys of each ordered by generation.
func (r *Ring) List(ctx context.Context) ([]Status, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	now := r.options.Now()
	list := make([]Status, 0, len(s.byID))
	for _, ring := range s.all() {
		for _, k := range ring {
			list = append(list, ring.status(k, now, false))
		}
	}
	return list, nil
}
