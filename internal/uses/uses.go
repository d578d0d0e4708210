// Package uses records when things were last used, off the path of the requests that use
// them.
package uses

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gatehouse/internal/clock"
)

// DefaultEvery is how often uses are recorded.
const DefaultEvery = time.Minute

// A Recorder remembers what was used, and records it in the background, so that each costs
// one write per interval, however often it is used.
type Recorder struct {
	// Record notes that what has these IDs was used at a time.
	Record func(ctx context.Context, ids []string, at time.Time) error
	// Of says in the log of what kind they are.
	Of string
	// Every is the interval (DefaultEvery).
	Every time.Duration
	Now   func() time.Time
	Log   *slog.Logger

	mu   sync.Mutex
	used map[string]bool
}

// Used notes a use. The ID must exist, so that there are no more of them than are kept.
func (u *Recorder) Used(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.used == nil {
		u.used = map[string]bool{}
	}
	u.used[id] = true
}

// Run records uses until ctx ends, and then those that are left.
func (u *Recorder) Run(ctx context.Context) { clock.Repeat(ctx, u.Every, u.record) }

// record records the uses since the last time. If that fails, they stay for the next.
func (u *Recorder) record(ctx context.Context) {
	ids := u.take()
	if len(ids) == 0 {
		return
	}
	if err := u.Record(ctx, ids, u.Now()); err != nil {
		u.Log.WarnContext(ctx, "last uses were not recorded; trying again later", "of", u.Of, "number", len(ids), "error", err)
		for _, id := range ids {
			u.Used(id)
		}
	}
}

func (u *Recorder) take() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	ids := make([]string, 0, len(u.used))
	for id := range u.used {
		ids = append(ids, id)
	}
	u.used = nil
	return ids
}
