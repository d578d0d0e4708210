package operators

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/internal/reqctx"
)

// A Check is one part that readiness depends on.
type Check struct {
	Name string
	// Ask returns an error if the part is not in order.
	Ask func(ctx context.Context) error
	// Local says that it asks nothing outside of the process: it is asked every time.
	Local bool
}

const (
	// healthAge is how old an answer may be: who asks often does not make work.
	healthAge = time.Second
	// healthTimeout is how long a part may take to answer. Another second is left of
	// the two or three that whoever probes waits for.
	healthTimeout = time.Second
	// healthPatience is how long somebody waits for a part while there is an earlier
	// answer that is at most healthTimeout older than it should be.
	healthPatience = 100 * time.Millisecond
)

// Health says whether the process lives and whether it can serve.
type Health struct {
	Checks []Check
	Now    func() time.Time

	mu   sync.Mutex
	last *checkup // the last that ended
	next *checkup // the one under way
}

// A checkup is one question to all parts, for everybody who asks meanwhile.
type checkup struct {
	done   chan struct{}
	at     time.Time // when it was begun
	faults []error   // by check, once it is done
}

// Live answers as long as the process can answer at all; it depends on nothing.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) error {
	return api.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Ready answers 200 if every part is in order, else 503, and tells each part by
// name. Why a part is not in order is for the log.
//
// A balancer that sends nothing to anybody while nobody is ready would take away
// also what needs no database and no Redis, so it may ask with
// ?may-fail=database,redis: then the status is "degraded", and 200. What the process
// knows of itself may not fail.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) error {
	parts, cause, excused := h.ask(r.Context(), strings.Split(r.URL.Query().Get("may-fail"), ","))
	reqctx.From(r.Context()).Err = cause
	answer := struct {
		Status string            `json:"status"`
		Parts  map[string]string `json:"parts"`
	}{"ok", parts}
	status := http.StatusOK
	switch {
	case cause != nil:
		answer.Status, status = "unavailable", http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "2")
	case excused:
		answer.Status = "degraded"
	}
	return api.JSON(w, status, answer)
}

// Up tells of each part, by name, whether it is in order (1) or not (0), for metrics.
func (h *Health) Up(ctx context.Context) map[string]float64 {
	parts, _, _ := h.ask(ctx, nil)
	up := make(map[string]float64, len(parts))
	for name, state := range parts {
		up[name] = 0
		if state == "ok" {
			up[name] = 1
		}
	}
	return up
}

// ask puts together what the last checkup found and what the process itself knows.
// A fault of a part that may fail is excused, and no cause.
func (h *Health) ask(ctx context.Context, mayFail []string) (parts map[string]string, cause error, excused bool) {
	faults := slices.Clone(h.recent(ctx).faults)
	parts = make(map[string]string, len(h.Checks))
	for i, c := range h.Checks {
		if c.Local {
			faults[i] = c.Ask(ctx)
		}
		parts[c.Name] = "ok"
		if faults[i] == nil {
			continue
		}
		parts[c.Name] = "unavailable"
		if !c.Local && slices.Contains(mayFail, c.Name) {
			excused = true
			continue
		}
		cause = errors.Join(cause, fmt.Errorf("%s: %w", c.Name, faults[i]))
	}
	return parts, cause, excused
}

// recent returns the last checkup, or the next one if that is too old. However many
// come, one is under way; and while a part hangs, nobody waits for it for longer than
// it takes to know.
func (h *Health) recent(ctx context.Context) *checkup {
	last, next := h.begin(ctx)
	if next == nil {
		return last
	}
	wait := time.NewTimer(healthPatience)
	defer wait.Stop()
	if last == nil || next.at.Sub(last.at) > healthAge+healthTimeout {
		wait.Reset(2 * healthTimeout) // it ends before
	}
	select {
	case <-next.done:
		return next
	case <-wait.C:
	case <-ctx.Done():
	}
	if last == nil {
		return &checkup{faults: h.unknown()}
	}
	return last
}

// begin returns the last checkup and, if that is too old, the one under way.
func (h *Health) begin(ctx context.Context) (last, next *checkup) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	if h.last != nil && now.Sub(h.last.at) < healthAge && !now.Before(h.last.at) {
		return h.last, nil
	}
	if h.next == nil {
		h.next = &checkup{done: make(chan struct{}), at: now}
		go h.run(context.WithoutCancel(ctx), h.next)
	}
	return h.last, h.next
}

// run does not depend on how long the one who began it stays.
func (h *Health) run(ctx context.Context, c *checkup) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	c.faults = h.askAll(ctx)
	h.mu.Lock()
	h.last, h.next = c, nil
	h.mu.Unlock()
	close(c.done)
}

// askAll asks all parts at once, and waits for none that outstays ctx.
func (h *Health) askAll(ctx context.Context) []error {
	answers := make([]chan error, len(h.Checks))
	for i, c := range h.Checks {
		answers[i] = make(chan error, 1)
		if c.Local {
			answers[i] <- nil
			continue
		}
		go func() { answers[i] <- c.Ask(ctx) }()
	}
	faults := make([]error, len(answers))
	for i, answer := range answers {
		select {
		case faults[i] = <-answer:
		case <-ctx.Done():
			faults[i] = errSlow
			select { // it may just have come
			case faults[i] = <-answer:
			default:
			}
		}
	}
	return faults
}

var errSlow = errors.New("no answer in time")

// unknown is what is said before anything is known.
func (h *Health) unknown() []error {
	faults := make([]error, len(h.Checks))
	for i := range faults {
		faults[i] = errSlow
	}
	return faults
}
