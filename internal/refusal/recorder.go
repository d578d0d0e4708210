package refusal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"gatehouse/internal/clock"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// The bounds of what one replica keeps. Refusals beyond the first of an app, kind, network
// and hour are counted with the last that was kept.
const (
	perBucket = 5
	perHour   = 1000
	// queued is how many may wait to be written.
	queued = 1000
)

// DefaultEvery is how often refusals are written.
const DefaultEvery = time.Second

// A Recorder keeps refusals, off the path of the requests.
type Recorder struct {
	Store interface {
		KeepRefusals(ctx context.Context, kept []store.Refusal, again []store.RefusalAgain) error
	}
	// Page is the address of the pages that tell of refusals, to which the ID is appended.
	Page string
	// Every is how often they are written (DefaultEvery).
	Every time.Duration
	// Dropped is called with the number of those that were not kept because there were too
	// many.
	Dropped func(n int)
	Now     func() time.Time
	Log     *slog.Logger

	mu      sync.Mutex
	queue   []store.Refusal
	again   map[string]store.RefusalAgain
	hour    time.Time
	kept    int
	buckets map[bucket]seats
}

// A bucket holds a few refusals of each hour. The kind is the public one: the address that a
// caller gets must not tell apart what is told alike.
type bucket struct {
	client, network string
	kind            Kind
}

// seats are how many refusals of a bucket are kept, and the ID of the last.
type seats struct {
	taken int
	last  string
}

// Explain implements reqctx.Explainer.
func (r *Recorder) Explain(info *reqctx.Info, code string, err error, sent url.Values) string {
	fact, at := factOf(err, code).of(info), r.Now()
	b := bucket{info.Client, info.Site().String(), public(fact.Kind)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin(at.Truncate(time.Hour))
	seat := r.buckets[b]
	switch {
	case seat.taken >= perBucket:
		r.count(seat.last, at)
		return r.Page + seat.last
	case r.kept >= perHour || len(r.queue) >= queued:
		r.Dropped(1)
		return ""
	}
	seat = seats{seat.taken + 1, rand.Text()} // at least 128 bits, as documented
	r.buckets[b], r.kept = seat, r.kept+1
	r.queue = append(r.queue, store.Refusal{
		ID: seat.last, RequestID: info.ID, At: at, LastAt: at, Times: 1, Kind: string(fact.Kind), Code: code, Endpoint: info.Route,
		ClientID: info.Client, UserID: fact.UserID, Network: b.network, Reason: fact.Reason, Given: fact.Given, Expected: fact.Expected,
		Parameters: parameters(sent, info.Client),
	})
	return r.Page + seat.last
}

// begin empties the buckets when another hour begins.
func (r *Recorder) begin(hour time.Time) {
	if hour.Equal(r.hour) {
		return
	}
	r.hour, r.kept, r.buckets = hour, 0, map[bucket]seats{}
}

func (r *Recorder) count(id string, at time.Time) {
	if r.again == nil {
		r.again = map[string]store.RefusalAgain{}
	}
	r.again[id] = store.RefusalAgain{ID: id, At: at, Times: r.again[id].Times + 1}
}

func parameters(sent url.Values, client string) []byte {
	kept, _ := json.Marshal(Sent(sent, client)) // cannot fail: it is a map of texts
	return kept
}

// Run writes refusals until ctx ends, and then those that are left.
func (r *Recorder) Run(ctx context.Context) { clock.Repeat(ctx, r.Every, r.write) }

// write writes what waits. Refusals that cannot be written are lost: while the
// database does not answer, the log has the reasons.
func (r *Recorder) write(ctx context.Context) {
	kept, again := r.take()
	if len(kept)+len(again) == 0 {
		return
	}
	if err := r.Store.KeepRefusals(ctx, kept, again); err != nil {
		r.Dropped(len(kept))
		r.Log.WarnContext(ctx, "refusals were not kept", "number", len(kept), "error", err)
	}
}

func (r *Recorder) take() (kept []store.Refusal, again []store.RefusalAgain) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.again {
		again = append(again, a)
	}
	kept, r.queue, r.again = r.queue, nil, nil
	return kept, again
}
