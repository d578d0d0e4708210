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

// A Check examines one part that readiness depends on.
type Check struct {
	Name string
	// Ask returns an error if the part does not work.
	Ask func(ctx context.Context) error
	// Local says that Ask stays within the process, so it is called every time.
	Local bool
}

// A Phase is the error of a part that does not work because the server is starting or
// shutting down. It is expected, and not logged as a fault.
type Phase string

func (p Phase) Error() string { return string(p) }

const (
	// healthAge is how old an answer may be, so that frequent probes cause no work.
	healthAge = time.Second
	// healthTimeout is how long a part may take to answer. Probes usually wait two or
	// three seconds, so another second is left.
	healthTimeout = time.Second
	// healthPatience is how long a probe waits for a part while there is an earlier
	// answer that is at most healthTimeout older than healthAge.
	healthPatience = 100 * time.Millisecond
)

// Health says whether the process is alive and whether it can serve.
type Health struct {
	Checks []Check
	Now    func() time.Time

	mu   sync.Mutex
	last *checkup // the last one that ended
	next *checkup // the one in progress
}

// A checkup is one check of all parts, shared by all probes that arrive meanwhile.
type checkup struct {
	done   chan struct{}
	at     time.Time // when it began
	faults []error   // by index of the check, once it is done
}

// Live answers as long as the process can answer at all; it depends on nothing.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) error {
	return api.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Ready answers 200 if every part works and 503 otherwise, and lists each part by name.
// The reason why a part does not work goes to the log.
//
// A load balancer that sends no requests while no replica is ready would also cut off
// requests that need neither the database nor Redis. So it may ask with
// ?may-fail=database,redis, and then gets 200 with the status "degraded". Local checks
// may never fail.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) error {
	parts, cause, excused := h.ask(r.Context(), strings.Split(r.URL.Query().Get("may-fail"), ","))
	info := reqctx.From(r.Context())
	info.Err, info.Expected = errors.Join(cause...), onlyPhases(cause)
	answer := struct {
		Status string            `json:"status"`
		Parts  map[string]string `json:"parts"`
	}{"ok", parts}
	status := http.StatusOK
	switch {
	case len(cause) > 0:
		answer.Status, status = "unavailable", http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "2")
	case excused:
		answer.Status = "degraded"
	}
	return api.JSON(w, status, answer)
}

// Up returns for each part, by name, 1 if it works and 0 if it does not, for metrics.
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

// ask combines the last checkup with the local checks. The error of a part in mayFail is
// excused, and not part of cause.
func (h *Health) ask(ctx context.Context, mayFail []string) (parts map[string]string, cause []error, excused bool) {
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
		cause = append(cause, fmt.Errorf("%s: %w", c.Name, faults[i]))
	}
	return parts, cause, excused
}

func onlyPhases(cause []error) bool {
	for _, err := range cause {
		if _, ok := errors.AsType[Phase](err); !ok {
			return false
		}
	}
	return true
}

// recent returns the last checkup, or the next one if the last is too old. Only one is
// in progress, however many probes arrive; and while a part hangs, a probe waits only
// until that is certain.
func (h *Health) recent(ctx context.Context) *checkup {
	last, next := h.begin(ctx)
	if next == nil {
		return last
	}
	wait := time.NewTimer(healthPatience)
	defer wait.Stop()
	if last == nil || next.at.Sub(last.at) > healthAge+healthTimeout {
		wait.Reset(2 * healthTimeout) // the checkup ends sooner
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

// begin returns the last checkup and, if that is too old, the one in progress.
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

// run runs a checkup. Its context does not end with the request that began it.
func (h *Health) run(ctx context.Context, c *checkup) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	c.faults = h.askAll(ctx)
	h.mu.Lock()
	h.last, h.next = c, nil
	h.mu.Unlock()
	close(c.done)
}

// askAll asks all parts at once, and waits for them until ctx ends.
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
			select { // the answer may just have arrived
			case faults[i] = <-answer:
			default:
			}
		}
	}
	return faults
}

var errSlow = errors.New("no answer in time")

// unknown returns the errors to report before the first checkup has ended.
func (h *Health) unknown() []error {
	faults := make([]error, len(h.Checks))
	for i := range faults {
		faults[i] = errSlow
	}
	return faults
}
