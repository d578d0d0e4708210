package faults_test

import (
	"fmt"
	"sync"
	"time"
)

// An outcome is how a request of the load went.
type outcome int

const (
	served    outcome = iota // as an honest caller expects
	away                     // 503 with Retry-After, which does not judge the caller
	throttled                // 429 with Retry-After
	cut                      // no answer, or half of one: the effect is unknown
	wrong                    // anything else
)

func (o outcome) String() string { return []string{"served", "away", "throttled", "cut", "wrong"}[o] }

// A deed is one request and what its answer showed.
type deed struct {
	kind         string // of the request, such as "token.refresh"
	at           string // the balancer, or the replica that got the request
	began, ended time.Time
	outcome      outcome
	status       int
	detail       string // what was wrong
	requestID    string

	session, person string // the subject
	used, got       string // digests of the code or refresh token presented and received
	alive           bool   // the answer shows that the session lives
	endsSession     bool   // if served, it acknowledges the session's end
	endsPerson      bool   // if served, it acknowledges that all of the person's sessions end
	revives         bool   // it lets the person in again
	demotes         bool   // if served, it acknowledges that the person lost the administrator's role
	elevated        bool   // if served, it used an administrator's rights
	recorded        bool   // if served, it has one line in the audit log
	adopted         bool   // the session rotates in SQL, and Redis is only read
}

func (d deed) took() time.Duration { return d.ended.Sub(d.began) }

func (d deed) String() string {
	return fmt.Sprintf("%s %s at %s (session %s, person %s, request %s): %s %d after %s %s", d.began.Format("15:04:05.000"), d.kind, d.at,
		d.session, d.person, d.requestID, d.outcome, d.status, d.took().Round(time.Millisecond), d.detail)
}

// A history holds all deeds of the load, in the order in which they ended.
type history struct {
	mu    sync.Mutex
	deeds []deed
}

func (h *history) note(d deed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deeds = append(h.deeds, d)
}

// between returns the deeds that began at from or later, and ended before to.
func (h *history) between(from, to time.Time) []deed {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []deed
	for _, d := range h.deeds {
		if !d.began.Before(from) && d.ended.Before(to) {
			found = append(found, d)
		}
	}
	return found
}

func (h *history) all() []deed { return h.between(time.Time{}, time.Now().Add(time.Hour)) }

// lastFailure returns the end of the last deed since from that was not served.
func (h *history) lastFailure(from time.Time) (last time.Time) {
	for _, d := range h.between(from, time.Now()) {
		if d.outcome != served && d.ended.After(last) {
			last = d.ended
		}
	}
	return last
}

// count counts deeds by outcome.
func count(deeds []deed) map[outcome]int {
	counts := map[outcome]int{}
	for _, d := range deeds {
		counts[d.outcome]++
	}
	return counts
}
