package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A block is everything that was measured on one topology with one number of people.
type block struct {
	topology       string
	size, sessions int
	filledIn       time.Duration
	later          starts
	idle, rested   resident // before the first request, and at rest after the last
	measurements   []measurement
	flood          flood
	views          []viewing
}

// quiet is how long a server is left alone before its idle memory is read.
const quiet = 3 * time.Second

// measureBlock fills a database and measures everything on it.
func (r *rig) measureBlock(ctx context.Context, t *topology, size int) (b block, err error) {
	b = block{topology: t.name, size: size, sessions: max(size, signInsFor(r.options.pool))}
	r.label = fmt.Sprintf("%s-%d-", strings.ToLower(t.name[:6]), size)
	r.say("%s: filling with %d people and %d sessions", t.name, size, b.sessions)
	began := time.Now()
	p, f, err := r.prepare(ctx, t, "of", size)
	if err != nil {
		return b, err
	}
	b.filledIn = time.Since(began)
	r.say("%s: filled in %s", t.name, b.filledIn.Round(100*time.Millisecond))
	if err := settle(ctx, t.services); err != nil {
		return b, err
	}
	if b.later, err = r.laterStarts(ctx, p); err != nil {
		return b, err
	}
	if f.farPath, err = r.findFarPage(ctx, p, f.admin, farPage(size)); err != nil {
		return b, err
	}
	server, _, err := r.serve(ctx, p)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	return b, r.measureOn(ctx, &b, f, target{
		server: server, base: p.issuer(), services: t.services, counters: t.counters, profiles: r.profiles,
	})
}

// findFarPage starts a server of its own, whose memory is not measured.
func (r *rig) findFarPage(ctx context.Context, p place, admin string, page int) (path string, err error) {
	server, _, err := r.serve(ctx, p)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	l := newLoad(p.issuer(), 1)
	defer l.close()
	return walkTo(ctx, l, admin, page)
}

func (r *rig) measureOn(ctx context.Context, b *block, f *fixture, t target) (err error) {
	if b.idle, err = atRest(ctx, t.server); err != nil {
		return err
	}
	for _, s := range f.scenarios() {
		if !r.options.wants(s.name) {
			continue
		}
		m, err := r.measureScenario(ctx, t, s)
		if err != nil {
			return err
		}
		b.measurements = append(b.measurements, m)
	}
	if r.options.wants("flood") {
		if b.flood, err = r.measureFlood(ctx, t, f); err != nil {
			return err
		}
	}
	if r.options.wants(namePages) {
		if b.views, err = r.measureViews(ctx, t, f); err != nil {
			return err
		}
	}
	b.rested, err = atRest(ctx, t.server)
	return err
}

// atRest returns the resident memory of a server that gets no requests.
func atRest(ctx context.Context, server *process) (resident, error) {
	if err := pause(ctx, quiet); err != nil {
		return resident{}, err
	}
	return server.memory()
}

// settle waits until the services have written their data to the disk.
func settle(ctx context.Context, services []*process) error {
	const (
		limit = 2 * time.Minute
		idle  = 30 * time.Millisecond // of CPU per second
	)
	for start := time.Now(); time.Since(start) < limit; {
		before, err := cpuOf(services)
		if err != nil {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		after, err := cpuOf(services)
		if err != nil || after-before <= idle {
			return err
		}
	}
	return fmt.Errorf("the services did not come to rest within %s", limit)
}

func cpuOf(services []*process) (sum time.Duration, err error) {
	for _, p := range services {
		d, err := p.cpuTime()
		if err != nil {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
