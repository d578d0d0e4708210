// Package logging keeps the log from blocking the server and from filling its disk. A
// Buffer is between the requests and a pipe or file that may be blocked, and a Calm
// handler summarises lines that an outage would repeat a thousand times. Other packages
// decide what is logged.
package logging

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// FlushEvery is how long a routine line may wait before it is written.
	FlushEvery = 100 * time.Millisecond
	// bufferBytes is how much is gathered before it is written early.
	bufferBytes = 64 << 10
	// routineBytes and faultBytes are how much may wait while the log is blocked. The
	// difference is reserved for warnings and errors.
	routineBytes = 1 << 20
	faultBytes   = 2 << 20
	// levelWithin is the length of the start of a line that contains its level. Only the
	// time is before it.
	levelWithin = 80
	// lastWords is how long the end of the process waits for a blocked log.
	lastWords = 2 * time.Second
)

// A Buffer gathers log lines and writes them from one goroutine. A system call for each
// request would cost more than some requests, and a blocked pipe or a full disk must not
// stop the server. Warnings and errors are written at once, because people look for them
// after a crash. Lines that do not fit are dropped and counted.
type Buffer struct {
	out io.Writer

	mu      sync.Mutex
	buf     []byte
	lost    int             // lines dropped since the log last reported it
	dropped func(lines int) // counts lost lines; may be nil

	torn []byte // the rest of a line that out has accepted in part; only flush uses it

	hurry   chan struct{} // signals lines that should not wait
	ending  chan struct{}
	written chan struct{} // closed when everything is written after ending
}

// NewBuffer returns a buffer in front of out. It writes nothing before Start.
func NewBuffer(out io.Writer) *Buffer {
	return &Buffer{out: out, hurry: make(chan struct{}, 1), ending: make(chan struct{}), written: make(chan struct{})}
}

// Write adds one line, as slog's handlers write it, and never waits.
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

// Tell makes the buffer call count with the number of lines lost, from now on.
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

// Start writes the gathered lines in the background. The function that it returns ends
// that, and waits up to lastWords for the rest to be written.
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

// flush writes the gathered lines while new ones gather in spare. It returns the slice
// that it wrote, to be the next spare.
func (l *Buffer) flush(spare []byte) []byte {
	l.mu.Lock()
	full, lost := l.buf, l.lost
	l.buf, l.lost = spare[:0], 0
	l.mu.Unlock()
	if lost > 0 {
		full = fmt.Appendf(full, `{"level":"WARN","msg":"log lines were dropped: the log could not be written for a while","lines":%d}`+"\n", lost)
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

// failed handles a write of full of which only the first written bytes were accepted. It
// keeps the rest of a line that was accepted in part, because the next line would otherwise
// end up in the middle of it. The lines after that are lost and counted; the log reports
// their number once it can be written again. If full ended with the report of lines lost
// before, their number is added.
func (l *Buffer) failed(full []byte, written, before int) {
	torn := len(l.torn) > 0
	if written > 0 {
		torn = full[written-1] != '\n'
	}
	rest := full[written:]
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
		lines-- // the report of those lost before
	}
	l.mu.Lock()
	l.lost += lines + before
	l.mu.Unlock()
	l.count(lines)
}
