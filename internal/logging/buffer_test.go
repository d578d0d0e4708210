package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/test/testkit"
)

// A sink is what the buffer writes to. While it is blocked, writes wait.
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
		buffer := NewBuffer(out)
		stop := buffer.Start()
		log := slog.New(slog.NewJSONHandler(buffer, nil))
		log.Info("routine")
		synctest.Wait()
		if n := out.count("\n"); n != 0 {
			t.Fatalf("%d lines of routine were written at once, want 0", n)
		}
		log.Error("a fault", "detail", `"level":"INFO"`)
		synctest.Wait()
		if n := out.count("\n"); n != 2 {
			t.Fatalf("after a fault %d lines were written, want it and the one before", n)
		}
		log.Info("routine")
		time.Sleep(FlushEvery)
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

// TestABlockedLogBlocksNobody checks that faults are kept longest, and that lost lines are
// counted and reported.
func TestABlockedLogBlocksNobody(t *testing.T) {
	out := &sink{}
	var dropped atomic.Int64
	buffer := NewBuffer(out)
	buffer.Tell(func(n int) { dropped.Add(int64(n)) })
	stop := buffer.Start()
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	out.blocked.Lock()
	start := time.Now()
	for range 3 * routineBytes / 100 {
		log.Info("routine", "padding", "as long as a line about a request may be, more or less")
	}
	log.Error("a fault")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the callers waited %s, want less than 5 s", took)
	}
	buffer.mu.Lock()
	if len(buffer.buf) > faultBytes {
		t.Errorf("%d bytes wait, want %d at most", len(buffer.buf), faultBytes)
	}
	buffer.mu.Unlock()
	if dropped.Load() == 0 {
		t.Error("no line was dropped, want some")
	}
	out.blocked.Unlock()
	stop()
	if out.count("a fault") != 1 || out.count("log lines were dropped") != 1 {
		t.Errorf("%d faults and %d lines about dropped lines, want one of each", out.count("a fault"), out.count("log lines were dropped"))
	}
}

func TestAFullDiskIsCounted(t *testing.T) {
	out := &sink{}
	out.fails.Store(true)
	var dropped atomic.Int64
	buffer := NewBuffer(out)
	buffer.Tell(func(n int) { dropped.Add(int64(n)) })
	stop := buffer.Start()
	slog.New(slog.NewJSONHandler(buffer, nil)).Error("a fault")
	stop()
	if dropped.Load() != 1 {
		t.Errorf("%d lines were counted as dropped, want 1", dropped.Load())
	}
}

func TestTheEndDoesNotWaitForABlockedLog(t *testing.T) {
	testkit.Long(t)
	out := &sink{}
	buffer := NewBuffer(out)
	stop := buffer.Start()
	out.blocked.Lock()
	defer out.blocked.Unlock()
	slog.New(slog.NewJSONHandler(buffer, nil)).Error("a fault")
	start := time.Now()
	stop()
	if took := time.Since(start); took > 2*lastWords {
		t.Errorf("stopping took %s, want %s at most", took, 2*lastWords)
	}
}

// A stingy sink accepts a few bytes more each time, and then fails.
type stingy struct {
	sink
	takes int
}

func (s *stingy) Write(b []byte) (int, error) {
	n, err := s.sink.Write(b[:min(len(b), s.takes)])
	if err == nil && n < len(b) {
		err = errors.New("broken pipe")
	}
	return n, err
}

// TestALineIsWhole checks that lines are complete wherever the log stops accepting bytes
// and starts again, and that missing lines are counted and reported.
func TestALineIsWhole(t *testing.T) {
	const lines = 300
	out := &stingy{}
	buffer := NewBuffer(out)
	dropped := 0
	buffer.Tell(func(n int) { dropped += n })
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	for i := range lines {
		log.Info("routine", "number", i)
		if i%3 == 0 {
			out.takes = i * 7 % 400
			buffer.flush(nil)
		}
	}
	for range 3 { // the rest
		out.takes = 1 << 20
		buffer.flush(nil)
	}
	last, written, told := -1, 0, 0
	for text := range strings.Lines(out.String()) {
		var line struct{ Number, Lines *int }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("reading the line %q: %v", text, err)
		}
		if line.Lines != nil {
			told += *line.Lines
			continue
		}
		if *line.Number <= last {
			t.Errorf("line %d comes after line %d, want the order of writing", *line.Number, last)
		}
		last = *line.Number
		written++
	}
	if written+dropped != lines || told != dropped || dropped == 0 {
		t.Errorf("%d lines were written, %d counted as dropped and %d told of, want %d in all and some dropped", written, dropped, told, lines)
	}
}

// TestAReaderComesBack has a named pipe as the log. Its reader ends in the middle of a
// line, and another reader continues.
func TestAReaderComesBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatalf("making the pipe: %v", err)
	}
	first, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatalf("opening the pipe: %v", err)
	}
	out, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatalf("opening the pipe: %v", err)
	}
	defer out.Close()
	buffer := NewBuffer(out)
	stop := buffer.Start()
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	text := make([]byte, 1000)
	for i := range 3000 { // more than a pipe holds
		log.Info("routine", "number", i)
	}
	if _, err := io.ReadFull(first, text); err != nil {
		t.Fatalf("reading from the pipe: %v", err)
	}
	first.Close()
	time.Sleep(2 * FlushEvery)
	second, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatalf("opening the pipe: %v", err)
	}
	log.Error("the reader is back")
	rest := make(chan []byte)
	go func() { b, _ := io.ReadAll(second); rest <- b }()
	stop()
	out.Close()
	text = append(text, <-rest...)
	for line := range strings.Lines(string(text)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("line %q is torn, want whole JSON", line)
		}
	}
	if !strings.Contains(string(text), "the reader is back") {
		t.Error(`the line for the second reader is missing, want "the reader is back"`)
	}
}
