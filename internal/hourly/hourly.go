// Package hourly counts what happens in each hour, for the plots of the console, off the path
// of the requests: on it, a count is an addition in memory.
package hourly

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/clock"
	"gatehouse/store"
)

// DefaultEvery is how often counts are recorded: a server that is killed loses no more.
const DefaultEvery = 5 * time.Second

// most is how many keys of a kind are counted on their own in an hour. Keys after
// those are counted together, so that apps which anybody may register add no more rows.
const most = 100

// longest is how long a part of a key may be that is counted on its own.
const longest = 255

// A Recorder counts, and records the counts in the background.
type Recorder struct {
	// Add adds counts to those on record.
	Add func(ctx context.Context, counts ...store.HourlyCount) error
	// Every is the interval (DefaultEvery).
	Every time.Duration
	Now   func() time.Time
	Log   *slog.Logger

	// mu is held for writing while counts are taken or get a new key, so that no count is lost.
	mu     sync.RWMutex
	counts map[store.HourlyKey]*atomic.Int64
	keys   map[store.Happening]int
	hour   time.Time
	// left are counts that could not be recorded yet.
	left map[slot]int64
}

// A slot is the place of a count.
type slot struct {
	store.HourlyKey
	hour int64
}

// Count counts something that happened now.
func (r *Recorder) Count(kind store.Happening, clientID, detail string) {
	hour := r.Now().Truncate(time.Hour)
	key := store.HourlyKey{Kind: kind, ClientID: clientID, Detail: detail}
	r.mu.RLock()
	n := r.counter(key)
	known := n != nil && r.hour.Equal(hour)
	if known {
		n.Add(1)
	}
	r.mu.RUnlock()
	if !known {
		r.first(key, hour)
	}
}

// counter returns the counter of a key, which may be that of several; nil if it has none yet.
func (r *Recorder) counter(key store.HourlyKey) *atomic.Int64 {
	if n := r.counts[key]; n != nil {
		return n
	}
	return r.counts[r.bounded(key)]
}

// first counts what may be the first of its key in its hour.
func (r *Recorder) first(key store.HourlyKey, hour time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil || hour.After(r.hour) {
		r.put()
		r.counts, r.keys, r.hour = map[store.HourlyKey]*atomic.Int64{}, map[store.Happening]int{}, hour
	}
	n := r.counter(key)
	if n == nil {
		key, n = r.bounded(key), &atomic.Int64{}
		r.counts[key] = n
		r.keys[key.Kind]++
	}
	n.Add(1)
}

// bounded returns the key, or that of all keys beyond those that are counted on their own.
func (r *Recorder) bounded(key store.HourlyKey) store.HourlyKey {
	if r.keys[key.Kind] < most && len(key.ClientID) <= longest && len(key.Detail) <= longest {
		return key
	}
	return store.HourlyKey{Kind: key.Kind}
}

// put moves the counts in memory to those that are to be recorded.
func (r *Recorder) put() {
	for key, n := range r.counts {
		if n := n.Swap(0); n > 0 {
			if r.left == nil {
				r.left = map[slot]int64{}
			}
			r.left[slot{key, r.hour.UnixMilli()}] += n
		}
	}
}

// Run records counts until ctx ends, and then those that are left.
func (r *Recorder) Run(ctx context.Context) { clock.Repeat(ctx, r.Every, r.record) }

// record records the counts since the last time. If that fails, they stay for the next.
func (r *Recorder) record(ctx context.Context) {
	taken := r.take()
	if len(taken) == 0 {
		return
	}
	counts := make([]store.HourlyCount, 0, len(taken))
	for s, n := range taken {
		counts = append(counts, store.HourlyCount{HourlyKey: s.HourlyKey, Hour: time.UnixMilli(s.hour).UTC(), N: n})
	}
	if err := r.Add(ctx, counts...); err != nil {
		r.Log.WarnContext(ctx, "counts for plots were not recorded; trying again later", "number", len(counts), "error", err)
		r.giveBack(taken)
	}
}

func (r *Recorder) take() map[slot]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put()
	taken := r.left
	r.left = nil
	return taken
}

// keep is how many counts wait at most while they cannot be recorded: a day of them.
const keep = 24 * 4 * most

func (r *Recorder) giveBack(taken map[slot]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, n := range r.left {
		taken[s] += n
	}
	if len(taken) > keep {
		r.Log.Warn("counts for plots are lost, because they could not be recorded for long", "number", len(taken))
		taken = nil
	}
	r.left = taken
}
