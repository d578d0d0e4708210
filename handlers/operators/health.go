package operators

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
}

const (
	// healthAge is how old an answer may be: who asks often does not make work.
	healthAge = time.Second
	// healthTimeout is how long a part may take to answer.
	healthTimeout = 2 * time.Second
)

// Health says whether the process lives and whether it can serve.
type Health struct {
	Checks []Check
	Now    func() time.Time

	mu    sync.Mutex
	asked time.Time
	last  map[string]string
	cause error
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
		w.Header().Set("Retry-After", strconv.Itoa(int(healthTimeout/time.Second)))
	}
	return api.JSON(w, status, answer)
}

// ask asks all parts at once, unless it has just done so. Whoever comes meanwhile
// waits for the same answer, which does not depend on how long the first one stays.
func (h *Health) ask(ctx context.Context) (map[string]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.Now(); h.last == nil || now.Sub(h.asked) >= healthAge || now.Before(h.asked) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
		defer cancel()
		h.last, h.cause = h.askAll(ctx)
		h.asked = now
	}
	return h.last, h.cause
}

func (h *Health) askAll(ctx context.Context) (map[string]string, error) {
	faults := make([]error, len(h.Checks))
	var wg sync.WaitGroup
	for i, c := range h.Checks {
		wg.Go(func() { faults[i] = c.Ask(ctx) })
	}
	wg.Wait()
	parts := make(map[string]string, len(h.Checks))
	var cause error
	for i, c := range h.Checks {
		parts[c.Name] = "ok"
		if faults[i] != nil {
			parts[c.Name] = "unavailable"
			cause = errors.Join(cause, fmt.Errorf("%s: %w", c.Name, faults[i]))
		}
	}
	return parts, cause
}
