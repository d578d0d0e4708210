package breaker

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A backend answers its probes or hangs.
type backend struct {
	hung  atomic.Bool
	asked atomic.Int32
}

func (b *backend) hangs(ctx context.Context) bool {
	b.asked.Add(1)
	if b.hung.Load() {
		<-ctx.Done()
	}
	return b.hung.Load()
}

func report(b *Breaker, times int, v Verdict) {
	for range times {
		b.Report(v)
	}
	synctest.Wait()
}

func TestItOpensWhileTheBackEndHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var back backend
		var log bytes.Buffer
		b := New(Options{Name: "it", Hangs: back.hangs, Timeout: time.Second, Log: slog.New(slog.NewTextHandler(&log, nil))})
		defer b.Close()
		back.hung.Store(true)
		report(b, tolerated-1, Hung)
		report(b, 1, Answered) // one answer cancels them
		report(b, tolerated-1, Hung)
		report(b, 20, Abandoned) // does not count
		time.Sleep(2 * time.Second)
		if back.asked.Load() != 0 || b.Open() {
			t.Fatal("the breaker sent a probe without five time-outs in a row, want no probe")
		}
		report(b, 300, Hung)
		time.Sleep(time.Second)
		synctest.Wait()
		if !b.Open() || back.asked.Load() != 1 {
			t.Fatalf("open: %v after %d questions, want true after 1", b.Open(), back.asked.Load())
		}
		time.Sleep(10 * time.Second)
		if n := back.asked.Load(); n < 5 || n > 10 {
			t.Errorf("asked %d times in 11 s, want 5 to 10", n)
		}
		back.hung.Store(false)
		time.Sleep(pause + time.Second)
		synctest.Wait()
		if b.Open() {
			t.Error("the back end answers and the breaker is open, want it closed")
		}
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d lines for one outage, want 2:\n%s", n, log.String())
		}
	})
}

// TestASlowStatementOpensNothing has requests that hang at a back-end that does not.
func TestASlowStatementOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var back backend
		b := New(Options{Hangs: back.hangs, Timeout: time.Second, Log: slog.New(slog.DiscardHandler)})
		defer b.Close()
		for range 100 {
			report(b, 1, Hung)
			if b.Open() {
				t.Fatal("the breaker is open after one slow statement, want it closed")
			}
		}
		if n := back.asked.Load(); n != 100/tolerated {
			t.Errorf("asked %d times, want %d", n, 100/tolerated)
		}
	})
}

// TestItHearsLateAnswers checks that a request that was in progress when the breaker
// opened still counts.
func TestItHearsLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var back backend
		b := New(Options{Hangs: back.hangs, Timeout: time.Second, Log: slog.New(slog.DiscardHandler)})
		defer b.Close()
		back.hung.Store(true)
		report(b, tolerated, Hung)
		time.Sleep(time.Second)
		synctest.Wait()
		b.Report(Answered)
		if b.Open() {
			t.Error("the back end answered and the breaker is open, want it closed")
		}
	})
}
