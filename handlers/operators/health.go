package operators

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) error {
	parts, cause := h.ask(r.Context())
	reqctx.From(r.Context()).Err = cause
	answer := struct {
		Status string            `json:"status"`
		Parts  map[string]string `json:"parts"`
	}{"ok", parts}
	status := http.StatusOK
	if cause != nil {
		answer.Status, status = "unavailable", http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "2")
	}
	return api.JSON(w, status, answer)
}

// ask puts together what the last checkup found and what the process itself knows.
func (h *Health) ask(ctx context.Context) (map[string]string, error) {
	faults := slices.Clone(h.recent(ctx).faults)
	parts := make(map[string]string, len(h.Checks))
	var cause error
	for i, c := range h.Checks {
		if c.Local {
			faults[i] = c.Ask(ctx)
		}
		parts[c.Name] = "ok"
		if faults[i] != nil {
			parts[c.Name] = "unavailable"
			cause = errors.Join(cause, fmt.Errorf("%s: %w", c.Name, faults[i]))
		}
	}
	return parts, cause
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
