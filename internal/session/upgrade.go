package session

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gatehouse/store"
)

// An Upgrade says what new sessions have while replicas of the release before may run,
// or run again. It asks the record at most once a second until the upgrade is finished,
// and never again after that.
type Upgrade struct {
	DB interface {
		Finished(ctx context.Context) (bool, error)
	}
	Now func() time.Time

	mu       sync.Mutex
	finished bool
	asked    time.Time
}

// audience returns the audience of a new session's refresh tokens. A nil Upgrade is
// finished.
func (u *Upgrade) audience(ctx context.Context) (store.RefreshAudience, error) {
	if u == nil {
		return store.EndpointAudience, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if age := u.Now().Sub(u.asked); !u.finished && (age < 0 || age >= time.Second) {
		finished, err := u.DB.Finished(ctx)
		u.asked = u.Now() // also after an error, so that those who waited do not ask in turn
		if err != nil {
			return 0, fmt.Errorf("asking whether the upgrade is finished: %w", err)
		}
		u.finished = finished
	}
	if u.finished {
		return store.EndpointAudience, nil
	}
	return store.IssuerAudience, nil
}
