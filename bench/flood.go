package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A flood is what refresh and JWKS were like while nobody else asked, and while
// many signed in at once.
type flood struct {
	callers       int
	calm, flooded latencies
	signedIn      float64 // sign-ins per second
	busy          int     // sign-ins turned away with 503
	p99           time.Duration
	peak          int64 // of the server's resident memory, in bytes
	failures      []string
}

// latencies are those of the endpoints that a flood must not stop.
type latencies struct{ refresh, jwks tally }

// measureFlood measures twice with few connections, so that what is slow is the
// server and not the queue in front of it.
func (r *rig) measureFlood(ctx context.Context, t target, f *fixture) (flood, error) {
	r.say("measuring the flood")
	found := flood{callers: r.options.flood}
	found.calm = r.bystanders(ctx, t, f)
	if err := t.server.forgetPeak(); err != nil {
		return found, err
	}
	l := newLoad(t.base, r.options.flood)
	defer l.close()
	var signIns tally
	var wg sync.WaitGroup
	wg.Go(func() {
		// It begins before the bystanders and ends after them.
		signIns = l.run(ctx, scenario{name: nameLogin, next: f.login, shy: true}, r.options.duration+2*floodLead)
	})
	err := pause(ctx, floodLead)
	found.flooded = r.bystanders(ctx, t, f)
	wg.Wait()
	if err != nil {
		return found, err
	}
	found.signedIn = float64(len(signIns.took)) / signIns.elapsed.Seconds()
	found.busy, found.p99 = signIns.busy, quantile(signIns.took, 0.99)
	found.failures = slices.Concat(found.calm.failures(), found.flooded.failures(), signIns.failures)
	found.peak, err = t.server.peakMemory()
	return found, err
}

// floodLead is how long the flood runs before anything is measured in it.
const floodLead = 500 * time.Millisecond

// bystanders refresh and read the JWKS, on two connections each.
func (r *rig) bystanders(ctx context.Context, t target, f *fixture) (found latencies) {
	const each = 2
	var wg sync.WaitGroup
	for into, s := range map[*tally]scenario{
		&found.refresh: {name: nameRefresh, next: f.refresh(publicApp)},
		&found.jwks:    {name: nameJWKS, next: get("/.well-known/jwks.json", `"kid"`)},
	} {
		wg.Go(func() {
			l := newLoad(t.base, each)
			defer l.close()
			*into = l.run(ctx, s, r.options.duration)
		})
	}
	wg.Wait()
	return found
}

func (l latencies) failures() []string { return slices.Concat(l.refresh.failures, l.jwks.failures) }
