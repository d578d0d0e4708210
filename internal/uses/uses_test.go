package uses_test

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/uses"
	"gatehouse/store"
)

// recorder stands in for the store.
type recorder struct {
	calls [][]string
	away  atomic.Bool
}

func (r *recorder) record(_ context.Context, ids []string, _ time.Time) error {
	slices.Sort(ids)
	r.calls = append(r.calls, ids)
	if r.away.Load() {
		return store.ErrUnavailable
	}
	return nil
}

func TestUsesAreRecordedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		u := &uses.Recorder{Record: r.record, Of: "apps", Every: time.Minute, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { u.Run(ctx); close(done) }()
		for range 50 {
			u.Used("shop")
			u.Used("other")
			time.Sleep(time.Second)
		}
		r.away.Store(true)
		time.Sleep(11 * time.Second) // the first record fails
		r.away.Store(false)
		time.Sleep(2 * time.Minute) // the next one succeeds, and then there is nothing
		u.Used("last")
		stop()
		<-done
		both := []string{"other", "shop"}
		if len(r.calls) != 3 || !slices.Equal(r.calls[0], both) || !slices.Equal(r.calls[1], both) || !slices.Equal(r.calls[2], []string{"last"}) {
			t.Errorf("recorded %q, want both apps, both again after a failure, and the last one at the end", r.calls)
		}
	})
}
