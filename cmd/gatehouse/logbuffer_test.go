package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A sink is what the buffer writes to. While it is blocked it takes nothing.
type sink struct {
	mu sync.Mutex
	bytes.Buffer
	blocked sync.Mutex
	fails   atomic.Bool
}

func (p *sink) Write(b []byte) (int, error) {
	p.blocked.Lock()
	defer p.blocked.Unlock()
	if p.fails.Load() {
		return 0, errors.New("no space left on device")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Buffer.Write(b)
}

func (p *sink) count(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.String(), text)
}

func TestFaultsAreLoggedAtOnceAndRoutineABitLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		buffer := newLogBuffer(out)
		stop := buffer.start()
		log := slog.New(slog.NewJSONHandler(buffer, nil))
		log.Info("routine")
		synctest.Wait()
		if n := out.count("\n"); n != 0 {
			t.Fatalf("%d lines of routine were written by themselves", n)
		}
		log.Error("a fault", "detail", `"level":"INFO"`)
		synctest.Wait()
		if n := out.count("\n"); n != 2 {
			t.Fatalf("after a fault %d lines were written, want it and the one before", n)
		}
		log.Info("routine")
		time.Sleep(flushEvery)
		synctest.Wait()
		if n := out.count("\n"); n != 3 {
			t.Errorf("after a while %d lines were written, want 3", n)
		}
		log.Info("routine")
		stop()
		if n := out.count("\n"); n != 4 {
			t.Errorf("after the end %d lines were written, want 4", n)
		}
	})
}

// TestABlockedLogBlocksNobody: faults are kept longest, what is lost is counted and told.
func TestABlockedLogBlocksNobody(t *testing.T) {
	out := &sink{}
	var dropped atomic.Int64
	buffer := newLogBuffer(out)
	buffer.tell(func(n int) { dropped.Add(int64(n)) })
	stop := buffer.start()
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	out.blocked.Lock()
	start := time.Now()
	for range 3 * routineBytes / 100 {
		log.Info("routine", "padding", "as long as a line about a request may be, more or less")
	}
	log.Error("a fault")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the callers waited %s", took)
	}
	buffer.mu.Lock()
	if len(buffer.buf) > faultBytes {
		t.Errorf("%d bytes wait", len(buffer.buf))
	}
	buffer.mu.Unlock()
	if dropped.Load() == 0 {
		t.Error("nothing was dropped")
	}
	out.blocked.Unlock()
	stop()
	if out.count("a fault") != 1 || out.count("log lines were dropped") != 1 {
		t.Errorf("%d faults and %d words on what is missing", out.count("a fault"), out.count("log lines were dropped"))
	}
}

func TestAFullDiskIsCounted(t *testing.T) {
	out := &sink{}
	out.fails.Store(true)
	var dropped atomic.Int64
	buffer := newLogBuffer(out)
	buffer.tell(func(n int) { dropped.Add(int64(n)) })
	stop := buffer.start()
	slog.New(slog.NewJSONHandler(buffer, nil)).Error("a fault")
	stop()
	if dropped.Load() != 1 {
		t.Errorf("%d lines were counted", dropped.Load())
	}
}

func TestTheEndDoesNotWaitForABlockedLog(t *testing.T) {
	out := &sink{}
	buffer := newLogBuffer(out)
	stop := buffer.start()
	out.blocked.Lock()
	defer out.blocked.Unlock()
	slog.New(slog.NewJSONHandler(buffer, nil)).Error("a fault")
	start := time.Now()
	stop()
	if took := time.Since(start); took > 2*lastWords {
		t.Errorf("it waited %s", took)
	}
}
