package main

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"
)

const (
	// flushEvery is how long a line of routine may wait to be written.
	flushEvery = 100 * time.Millisecond
	// bufferBytes is how much of it is gathered at most.
	bufferBytes = 64 << 10
	// levelWithin is how far into a line its level stands, the time before it.
	levelWithin = 80
)

// A logBuffer gathers log lines, because a write to the system for each request
// costs more than many a request. Warnings and errors do not wait: they are what
// is looked for after a crash.
type logBuffer struct {
	mu  sync.Mutex
	out io.Writer
	buf []byte
}

// Write takes one line, as slog's handlers write it.
func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, line...)
	if len(l.buf) < bufferBytes && routine(line) {
		return len(line), nil
	}
	return len(line), l.flush()
}

func routine(line []byte) bool {
	start := line[:min(len(line), levelWithin)]
	return bytes.Contains(start, []byte(`"level":"INFO"`)) || bytes.Contains(start, []byte(`"level":"DEBUG"`))
}

func (l *logBuffer) flush() error {
	if len(l.buf) == 0 {
		return nil
	}
	_, err := l.out.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

// start flushes now and then until the function that it returns is called, which
// flushes what is left.
func (l *logBuffer) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { l.run(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

func (l *logBuffer) run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
		l.mu.Lock()
		_ = l.flush() // where the log cannot be written, there is nobody to tell
		l.mu.Unlock()
	}
}
