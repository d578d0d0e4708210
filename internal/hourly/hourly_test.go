package hourly_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/audit"
	"gatehouse/internal/hourly"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A record stands in for the store. Its counts are by hour of the day.
type record struct {
	mu     sync.Mutex
	counts map[key]int64
	calls  int
	away   bool
}

type key struct {
	store.HourlyKey
	hour int
}

func (r *record) add(_ context.Context, counts ...store.HourlyCount) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.away {
		return store.ErrUnavailable
	}
	if r.counts == nil {
		r.counts = map[key]int64{}
	}
	for _, c := range counts {
		r.counts[key{c.HourlyKey, c.Hour.UTC().Hour()}] += c.N
	}
	return nil
}

// set has the record refuse counts, or take them again.
func (r *record) set(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// called returns how often counts were recorded.
func (r *record) called() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

func of(kind store.Happening, clientID, detail string, hour int) key {
	return key{store.HourlyKey{Kind: kind, ClientID: clientID, Detail: detail}, hour}
}

// recording runs a recorder in a bubble, whose time begins at midnight, and returns what is on
// record when it has ended.
func recording(t *testing.T, while func(*hourly.Recorder, *record)) *record {
	t.Helper()
	r := &record{}
	synctest.Test(t, func(t *testing.T) {
		h := &hourly.Recorder{Add: r.add, Every: hourly.DefaultEvery, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		while(h, r)
		stop()
		<-done
	})
	return r
}

func wantCounts(t *testing.T, r *record, want map[key]int64) {
	t.Helper()
	if diff := cmp.Diff(want, r.counts, cmp.AllowUnexported(key{})); diff != "" {
		t.Errorf("counts on record (-want +got):\n%s", diff)
	}
}

func TestCountsAreRecordedTogether(t *testing.T) {
	r := recording(t, func(h *hourly.Recorder, r *record) {
		for range 1000 {
			h.Issued("shop", "password", "openid email")
		}
		time.Sleep(hourly.DefaultEvery + time.Millisecond)
		if calls := r.called(); calls != 1 {
			t.Errorf("recorded %d times, want once for all of them", calls)
		}
		time.Sleep(time.Minute)
		if calls := r.called(); calls != 1 {
			t.Errorf("recorded %d times while nothing happened, want 1 as before", calls)
		}
		h.Count(store.Refusals, "", "invalid_grant") // recorded at the end
	})
	wantCounts(t, r, map[key]int64{
		of(store.Tokens, "shop", "password", 0): 1000, of(store.Scopes, "shop", "openid", 0): 1000, of(store.Scopes, "shop", "email", 0): 1000,
		of(store.Refusals, "", "invalid_grant", 0): 1,
	})
}

func TestEachHourHasItsCounts(t *testing.T) {
	r := recording(t, func(h *hourly.Recorder, _ *record) {
		for range 3 {
			time.Sleep(time.Hour - time.Second)
			h.Count(store.SignIns, "", hourly.SignedIn)
			time.Sleep(time.Second)
			h.Count(store.SignIns, "", hourly.SignedIn)
		}
	})
	wantCounts(t, r, map[key]int64{
		of(store.SignIns, "", "ok", 0): 1, of(store.SignIns, "", "ok", 1): 2, of(store.SignIns, "", "ok", 2): 2, of(store.SignIns, "", "ok", 3): 1,
	})
}

func TestNothingIsLostWhileTheDatabaseIsAway(t *testing.T) {
	r := recording(t, func(h *hourly.Recorder, r *record) {
		r.set(true)
		for range 3 {
			h.Count(store.SignIns, "", hourly.Refused)
			time.Sleep(time.Hour)
		}
		r.set(false)
		h.Count(store.SignIns, "", hourly.Refused)
	})
	wantCounts(t, r, map[key]int64{of(store.SignIns, "", "refused", 0): 1, of(store.SignIns, "", "refused", 1): 1, of(store.SignIns, "", "refused", 2): 1, of(store.SignIns, "", "refused", 3): 1})
}

func TestAppsBeyondTheBoundAreCountedTogether(t *testing.T) {
	const apps = 250
	r := recording(t, func(h *hourly.Recorder, _ *record) {
		for range 2 {
			for i := range apps {
				h.Count(store.Tokens, "app-"+strconv.Itoa(i), "password")
			}
		}
		h.Count(store.SignIns, "", hourly.SignedIn) // another kind has its own bound
	})
	if len(r.counts) != 102 || r.counts[of(store.Tokens, "", "", 0)] != 2*(apps-100) || r.counts[of(store.Tokens, "app-99", "password", 0)] != 2 {
		t.Errorf("%d rows, %d counted together, %d of one app; want 102, %d and 2", len(r.counts), r.counts[of(store.Tokens, "", "", 0)], r.counts[of(store.Tokens, "app-99", "password", 0)], 2*(apps-100))
	}
}

func TestCountingFromManyGoroutinesLosesNothing(t *testing.T) {
	const callers, each = 8, 5000
	var mu sync.Mutex
	got := int64(0)
	h := &hourly.Recorder{Every: time.Millisecond, Now: time.Now, Log: slog.New(slog.DiscardHandler), Add: func(_ context.Context, counts ...store.HourlyCount) error {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range counts {
			got += c.N
		}
		return nil
	}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				h.Count(store.Tokens, "app-"+strconv.Itoa((c+i)%150), "password")
			}
		})
	}
	wg.Wait()
	stop()
	<-done
	if got != callers*each {
		t.Errorf("%d counts on record, want %d", got, callers*each)
	}
}

func TestSignInsAreCountedFromTheAuditEvents(t *testing.T) {
	r := recording(t, func(h *hourly.Recorder, _ *record) {
		for _, what := range []audit.Kind{
			audit.SignInOK{Method: signin.ByPage}, audit.SignInOK{Method: signin.ByPasskey}, audit.SignInOK{Method: signin.ByCode}, audit.SignInOK{Method: signin.ByDevice},
			audit.SignInRefused{Method: signin.ByLogin, Reason: "password"}, audit.SignInRefused{Method: signin.ByConfirm, Reason: "password"}, audit.UserDeleted{},
		} {
			h.Audited(audit.Event{Actor: "anonymous", What: what}.Record(t.Context(), time.Now()))
		}
	})
	wantCounts(t, r, map[key]int64{of(store.SignIns, "", "ok", 0): 2, of(store.SignIns, "", "refused", 0): 1})
}

// A database stands in for the one that a sampler reads.
type database struct {
	mu      sync.Mutex
	samples []store.HourlyCount
	living  int64
	asked   int
	away    bool
}

func (d *database) Hourly(_ context.Context, kind store.Happening, since time.Time) (found []store.HourlyCount, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.samples {
		if s.Kind == kind && !s.Hour.Before(since) {
			found = append(found, s)
		}
	}
	return found, nil
}

func (d *database) SetHourly(_ context.Context, samples ...store.HourlyCount) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.samples = append(samples, d.samples...) // the newest first
	return nil
}

func (d *database) CountSessions(context.Context, time.Time) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked++; d.away {
		return 0, errors.New("away")
	}
	return d.living, nil
}

func (d *database) CountActive(_ context.Context, since time.Time) (int64, error) {
	return int64(time.Since(since) / (24 * time.Hour)), nil
}

// set changes what the database answers from now on.
func (d *database) set(living int64, away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.living, d.away = living, away
}

func sampler(d *database) *hourly.Sampler {
	return &hourly.Sampler{
		DB: d, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Alone: func(ctx context.Context, f func(context.Context)) error { f(ctx); return nil },
	}
}

// TestFewSessionsAreCountedEachMinute, and written when their number has changed.
func TestFewSessionsAreCountedEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{living: 7}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute+time.Second)
		defer stop()
		go func() {
			time.Sleep(5*time.Minute + time.Second)
			d.set(8, false)
		}()
		sampler(d).Run(ctx)
		if d.asked != 11 || len(d.samples) != 3 {
			t.Errorf("counted %d times, and wrote %v; want 11 times, and sessions twice and people once", d.asked, d.samples)
		}
	})
}

func TestManySessionsAreCountedOnceInAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{living: 184_302}
		s := sampler(d)
		ctx, stop := context.WithTimeout(t.Context(), 150*time.Minute)
		defer stop()
		go func() {
			time.Sleep(70 * time.Minute)
			d.set(184_302, true)
			time.Sleep(55 * time.Minute)
			d.set(184_302, false)
		}()
		start := time.Now()
		s.Run(ctx)
		var want []store.HourlyCount
		for hour := range 3 {
			at := start.Truncate(time.Hour).Add(time.Duration(hour) * time.Hour)
			want = append([]store.HourlyCount{
				{HourlyKey: store.HourlyKey{Kind: store.ActivePeople}, Hour: at, N: 30}, {HourlyKey: store.HourlyKey{Kind: store.LivingSessions}, Hour: at, N: 184_302},
			}, want...)
		}
		if diff := cmp.Diff(want, d.samples); diff != "" {
			t.Errorf("samples (-want +got):\n%s", diff)
		}
		if d.asked > 10 {
			t.Errorf("counted %d times, want once an hour, and again each minute while it failed", d.asked)
		}
	})
}
