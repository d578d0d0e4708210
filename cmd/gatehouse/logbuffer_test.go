package main

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// A sink is written to by the buffer alone, and read under the same lock.
type sink struct {
	mu sync.Mutex
	bytes.Buffer
}

func (p *sink) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Buffer.Write(b)
}

func (p *sink) lines() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.String(), "\n")
}

func TestFaultsAreLoggedAtOnceAndRoutineAtTheEnd(t *testing.T) {
	out := &sink{}
	buffer := &logBuffer{out: out}
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	log.Info("routine")
	if n := out.lines(); n != 0 {
		t.Fatalf("%d lines of routine were written by themselves", n)
	}
	log.Error("a fault", "detail", `"level":"INFO"`)
	if n := out.lines(); n != 2 {
		t.Fatalf("after a fault %d lines were written, want it and the one before", n)
	}
	stop := buffer.start()
	log.Info("routine")
	stop()
	if n := out.lines(); n != 3 {
		t.Errorf("after the end %d lines were written, want 3", n)
	}
}

func TestALogBufferIsBounded(t *testing.T) {
	out := &sink{}
	buffer := &logBuffer{out: out}
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	for range 2 * bufferBytes / 50 {
		log.Info("routine")
	}
	if out.lines() == 0 {
		t.Error("a full buffer was not written")
	}
}
