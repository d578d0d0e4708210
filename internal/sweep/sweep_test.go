package sweep

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A heap is a table of expired rows.
type heap struct {
	rows  int64
	calls []time.Time
	fail  error
}

func (h *heap) sweep(_ context.Context, now time.Time, n int) (int64, error) {
	h.calls = append(h.calls, now)
	if h.fail != nil {
		return 0, h.fail
	}
	gone := min(h.rows, int64(n))
	h.rows -= gone
	return gone, nil
}

// The pace of the sweepers here.
var (
	batch = int64(DefaultPace.Batch)
	rest  = DefaultPace.Rest
	ease  = DefaultPace.Ease
)

// sweeping runs a sweeper over tables for a while, in the time of a bubble.
func sweeping(t *testing.T, while time.Duration, tables map[string]*heap) (swept map[string]int64, log string) {
	t.Helper()
	swept = map[string]int64{}
	var lines bytes.Buffer
	s := &Sweeper{
		Every: time.Minute, Now: time.Now, Log: slog.New(slog.NewTextHandler(&lines, nil)),
		Swept: func(table string, rows int64) { swept[table] += rows },
	}
	s.Alone = func(ctx context.Context, f func(context.Context)) error { f(ctx); return nil }
	s.Done = func(string, time.Time) {}
	for name, h := range tables {
		s.Tables = append(s.Tables, Table{Name: name, Sweep: h.sweep})
	}
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	s.Run(ctx)
	return swept, lines.String()
}

func TestAFullTableIsEmptiedBatchByBatchWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heap{rows: 3*batch + 7}
		swept, _ := sweeping(t, 30*time.Second, map[string]*heap{"sessions": h})
		if h.rows != 0 || swept["sessions"] != 3*batch+7 || len(h.calls) != 4 {
			t.Errorf("%d rows left, %d told of, %d calls, want 0, %d and 4", h.rows, swept["sessions"], len(h.calls), 3*batch+7)
		}
		for i := 1; i < len(h.calls); i++ {
			if pause := h.calls[i].Sub(h.calls[i-1]); pause < rest {
				t.Errorf("batch %d came %s after the one before, want at least %s", i, pause, rest)
			}
		}
	})
}

func TestItComesBackEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heap{}
		sweeping(t, 150*time.Second, map[string]*heap{"sessions": h})
		if len(h.calls) != 3 {
			t.Errorf("%d times in two minutes and a half, want 3", len(h.calls))
		}
	})
}

func TestATableThatFailsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken, whole := &heap{fail: errors.New("locked")}, &heap{rows: 5}
		swept, log := sweeping(t, 90*time.Second, map[string]*heap{"broken": broken, "whole": whole})
		if whole.rows != 0 || swept["whole"] != 5 {
			t.Errorf("%d rows left, want none", whole.rows)
		}
		if len(broken.calls) != 2 {
			t.Errorf("the one that failed was tried %d times, want once a minute", len(broken.calls))
		}
		if !strings.Contains(log, "table=broken") || !strings.Contains(log, "locked") {
			t.Errorf(`log: %s, want it to contain "table=broken" and it to contain "locked"`, log)
		}
	})
}

func TestItEndsInTheMiddleOfALongSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heap{rows: 1_000_000}
		started := time.Now()
		sweeping(t, time.Second, map[string]*heap{"sessions": h})
		if took := time.Since(started); took > time.Second+rest || h.rows == 0 {
			t.Errorf("the sweep went on for %s with %d rows left, want it to stop within %s", took, h.rows, time.Second+rest)
		}
	})
}

// TestASlowDatabaseIsGivenTime checks that the sweeper works at most a quarter of the time.
func TestASlowDatabaseIsGivenTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, worked := 10*batch, time.Duration(0)
		done := map[string]time.Time{}
		s := &Sweeper{
			Every: time.Minute, Now: time.Now, Log: slog.New(slog.DiscardHandler), Swept: func(string, int64) {},
			Done:  func(table string, at time.Time) { done[table] = at },
			Alone: func(ctx context.Context, f func(context.Context)) error { f(ctx); return nil },
			Tables: []Table{{Name: "sessions", Sweep: func(_ context.Context, _ time.Time, n int) (int64, error) {
				time.Sleep(200 * time.Millisecond)
				worked += 200 * time.Millisecond
				gone := min(rows, int64(n))
				rows -= gone
				return gone, nil
			}}},
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		s.Run(ctx)
		if took := done["sessions"].Sub(start); took < time.Duration(ease)*worked*9/10 || rows != 0 {
			t.Errorf("%s of work in %s, %d rows left, want at least %s and no rows", worked, took, rows, time.Duration(ease)*worked*9/10)
		}
	})
}

func TestWhoIsNotAloneLeavesItToTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heap{rows: 7}
		s := &Sweeper{
			Every: time.Minute, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Alone:  func(context.Context, func(context.Context)) error { return nil },
			Tables: []Table{{Name: "sessions", Sweep: h.sweep}},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		s.Run(ctx)
		if len(h.calls) != 0 {
			t.Errorf("the sweep made %d calls, want 0", len(h.calls))
		}
	})
}
