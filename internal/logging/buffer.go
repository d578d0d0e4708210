// Package logging keeps the log from holding up the server, or filling its disk: a
// Buffer between the requests and a pipe or file that may take nothing, and a Calm
// handler that sums up what an outage would write a thousand times. What is logged is
// for others to say.
package logging

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// FlushEvery is how long a line of routine may wait before it is written.
	FlushEvery = 100 * time.Millisecond
	// bufferBytes is how much of it is gathered before it is written.
	bufferBytes = 64 << 10
	// routineBytes and faultBytes are how much may wait while the log takes nothing.
	// The difference is kept for warnings and errors.
	routineBytes = 1 << 20
	faultBytes   = 2 << 20
	// levelWithin is how far into a line its level stands, the time before it.
	levelWithin = 80
	// lastWords is how long the end waits for a log that takes nothing.
	lastWords = 2 * time.Second
)

// A Buffer gathers log lines and writes them from one goroutine. A write to the
// system for each request costs more than many a request; and where a pipe is blocked
// or a disk is full, the server must go on. Warnings and errors are written at once:
// they are what people look for after a crash. Lines that find no room are dropped and
// counted.
type Buffer struct {
	out io.Writer

	mu      sync.Mutex
	buf     []byte
	lost    int             // lines dropped since the log was last told
	dropped func(lines int) // counts lost lines; may be nil

	torn []byte // the rest of a line that out has begun to take, for flush alone

	hurry   chan struct{} // there is something that should not wait
	ending  chan struct{}
	written chan struct{} // closed when all is written after ending
}

// NewBuffer returns a buffer in front of out, which writes nothing before Start.
func NewBuffer(out io.Writer) *Buffer {
	return &Buffer{out: out, hurry: make(chan struct{}, 1), ending: make(chan struct{}), written: make(chan struct{})}
}

// Write takes one line, as slog's handlers write it, and never waits.
func (l *Buffer) Write(line []byte) (int, error) {
	dull := routine(line)
	l.mu.Lock()
	room := faultBytes
	if dull {
		room = routineBytes
	}
	full := len(l.buf)+len(line) > room
	if full {
		l.lost++
	} else {
		l.buf = append(l.buf, line...)
	}
	urgent := !dull || len(l.buf) >= bufferBytes
	l.mu.Unlock()
	switch {
	case full:
		l.count(1)
	case urgent:
		select {
		case l.hurry <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

// Tell has count called with the number of lines lost, from now on.
func (l *Buffer) Tell(count func(lines int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped = count
}

func (l *Buffer) count(lines int) {
	l.mu.Lock()
	dropped := l.dropped
	l.mu.Unlock()
	if dropped != nil {
		dropped(lines)
	}
}

func routine(line []byte) bool {
	start := line[:min(len(line), levelWithin)]
	return bytes.Contains(start, []byte(`"level":"INFO"`)) || bytes.Contains(start, []byte(`"level":"DEBUG"`))
}

// Start writes what is gathered until the function that it returns is called; that
// function waits up to lastWords for the rest to be written.
func (l *Buffer) Start() (stop func()) {
	go l.run()
	return func() {
		close(l.ending)
		select {
		case <-l.written:
		case <-time.After(lastWords): // a blocked pipe must not keep the process
		}
	}
}

func (l *Buffer) run() {
	defer close(l.written)
	tick := time.NewTicker(FlushEvery)
	defer tick.Stop()
	for spare := []byte(nil); ; {
		select {
		case <-tick.C:
		case <-l.hurry:
		case <-l.ending:
			l.flush(spare)
			return
		}
		spare = l.flush(spare)
	}
}

// flush writes what is there, while others gather in spare, and returns what it wrote from.
func (l *Buffer) flush(spare []byte) []byte {
	l.mu.Lock()
	full, lost := l.buf, l.lost
	l.buf, l.lost = spare[:0], 0
	l.mu.Unlock()
	if lost > 0 {
		full = fmt.Appendf(full, `{"level":"WARN","msg":"log lines were dropped: the log took nothing for a while","lines":%d}`+"\n", lost)
	}
	if len(l.torn) > 0 {
		full = append(l.torn, full...)
	}
	if len(full) == 0 {
		return full
	}
	if n, err := l.out.Write(full); err != nil {
		l.failed(full, n, lost)
	} else {
		l.torn = nil
	}
	return full
}

// failed keeps the rest of a line that the log took in part, because the next line would
// end up in the middle of it. The lines after that are lost and counted, since nobody can
// be told while the log cannot be written; once it can, it says how many there were,
// together with those lost before if full said so at its end.
func (l *Buffer) failed(full []byte, taken, before int) {
	torn := len(l.torn) > 0
	if taken > 0 {
		torn = full[taken-1] != '\n'
	}
	rest := full[taken:]
	end := 0
	if torn {
		end = bytes.IndexByte(rest, '\n') + 1
	}
	l.torn = bytes.Clone(rest[:end])
	lines := bytes.Count(rest[end:], []byte("\n"))
	if lines == 0 {
		return
	}
	if before > 0 {
		lines-- // the word on those before
	}
	l.mu.Lock()
	l.lost += lines + before
	l.mu.Unlock()
	l.count(lines)
}
