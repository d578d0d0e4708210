package system_test

import (
	"bytes"
	"strings"
	"sync"
)

// A logBook keeps the output of a process, to be read while it runs.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed at the next Write
}

func newLogBook() *logBook { return &logBook{more: make(chan struct{})} }

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) grown() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.more
}

// lines returns the log lines, without the messages to the operator at the start.
func (l *logBook) lines() []string {
	var lines []string
	for line := range strings.Lines(l.String()) {
		if strings.HasPrefix(line, "{") {
			lines = append(lines, line)
		}
	}
	return lines
}
