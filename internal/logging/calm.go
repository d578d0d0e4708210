package logging

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	// likeLines are how many warnings or errors of one kind are written in a second.
	likeLines = 20
	// namedRequests is how many requests a summary names at most.
	namedRequests = 1000
)

// A Calm handler keeps an outage from filling the disk. If more than likeLines warnings
// or errors of one kind come within a second, the rest become one line that counts them,
// gives the first few reasons and names the requests. Each takes 17 bytes instead of 300,
// and can still be found. Routine lines pass unchanged.
type Calm struct {
	slog.Handler
	storm *storm
	now   func() time.Time
}

// A kind is what similar lines have in common.
type kind struct{ message, route, status string }

type storm struct {
	mu    sync.Mutex
	kinds map[kind]*gathered
}

// gathered holds the lines of one kind in this second.
type gathered struct {
	level    slog.Level
	lines    int
	more     int
	requests []string
	reasons  reasons
}

// NewCalm returns a handler in front of h. The summaries are dated by now.
func NewCalm(h slog.Handler, now func() time.Time) Calm {
	return Calm{h, &storm{kinds: map[kind]*gathered{}}, now}
}

// Handle implements slog.Handler.
func (c Calm) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && !c.storm.admits(r) {
		return nil
	}
	return c.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (c Calm) WithAttrs(attrs []slog.Attr) slog.Handler {
	return Calm{c.Handler.WithAttrs(attrs), c.storm, c.now}
}

// WithGroup implements slog.Handler.
func (c Calm) WithGroup(name string) slog.Handler {
	return Calm{c.Handler.WithGroup(name), c.storm, c.now}
}

// admits reports whether to write the line. If not, it keeps the line's request and reason.
func (s *storm) admits(r slog.Record) bool {
	k, request, why := kindOf(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.kinds[k]
	if g == nil {
		g = &gathered{level: r.Level}
		s.kinds[k] = g
	}
	if g.lines < likeLines {
		g.lines++
		return true
	}
	g.more++
	if request != "" && len(g.requests) < namedRequests {
		g.requests = append(g.requests, request)
	}
	g.reasons.add(why)
	return false
}

func kindOf(r slog.Record) (k kind, request, why string) {
	k.message = r.Message
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "request":
			request = a.Value.String()
		case "route":
			k.route = a.Value.String()
		case "status":
			k.status = a.Value.String()
		case "why", "error":
			why = a.Value.String()
		}
		return true
	})
	return k, request, why
}

// Start writes the summaries in the background. The function that it returns ends that,
// and writes the last of them.
func (c Calm) Start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.run(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// run writes summaries every second until ctx ends, and once more after that.
func (c Calm) run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
		c.tell(context.WithoutCancel(ctx))
	}
}

func (c Calm) tell(ctx context.Context) {
	c.storm.mu.Lock()
	kinds := c.storm.kinds
	c.storm.kinds = map[kind]*gathered{}
	c.storm.mu.Unlock()
	for k, g := range kinds {
		if g.more == 0 {
			continue
		}
		r := slog.NewRecord(c.now(), g.level, "more like it", 0)
		r.AddAttrs(slog.String("like", k.message), slog.String("route", k.route), slog.String("status", k.status),
			slog.Int("lines", g.more), slog.String("why", g.reasons.String()), slog.String("requests", strings.Join(g.requests, " ")))
		_ = c.Handler.Handle(ctx, r) // a failure to write the log cannot be logged
	}
}
