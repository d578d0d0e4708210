package main

import (
	"context"
	"fmt"
	"time"
)

// A measurement is what one scenario cost.
type measurement struct {
	scenario string
	requests int
	failures []string
	rate     float64 // answers per second
	p50, p99 time.Duration

	server, services time.Duration // CPU per request
	hashes           bool
	unit             units

	counted                  bool
	queries, trips, commands float64 // per request

	peak int64 // of the server's resident memory, in bytes
}

// signatures is the server's CPU per request in signatures.
func (m measurement) signatures() float64 { return float64(m.server) / float64(m.unit.signature) }

// beyondHash is what a request costs besides its hash, in signatures.
func (m measurement) beyondHash() float64 {
	return float64(m.server-m.unit.hash) / float64(m.unit.signature)
}

// total is the CPU per request of the server and its back-ends.
func (m measurement) total() time.Duration { return m.server + m.services }

// A target is a running server and what is counted beside it.
type target struct {
	server   *process
	base     string
	services []*process
	counters *counters // nil: not counted
}

// spent is what was used up to a moment.
type spent struct {
	server, services time.Duration
	counts           counts
}

func (t target) read(ctx context.Context) (s spent, err error) {
	if s.server, err = t.server.cpuTime(); err != nil {
		return s, err
	}
	for _, p := range t.services {
		d, err := p.cpuTime()
		if err != nil {
			return s, err
		}
		s.services += d
	}
	if t.counters != nil {
		s.counts, err = t.counters.read(ctx)
	}
	return s, err
}

// measureScenario warms up, measures the units, the load, and the units again.
func (r *rig) measureScenario(ctx context.Context, t target, s scenario) (measurement, error) {
	r.say("measuring %s", s.name)
	l := newLoad(t.base, r.options.connections)
	defer l.close()
	warm := l.run(ctx, s, r.options.warmUp)
	before, err := r.yardstick.measure(ctx, s.hashes)
	if err != nil {
		return measurement{}, err
	}
	m, err := r.underLoad(ctx, t, l, s)
	if err != nil {
		return m, fmt.Errorf("measuring %s: %w", s.name, err)
	}
	after, err := r.yardstick.measure(ctx, s.hashes)
	m.unit = before.mean(after)
	m.failures = append(warm.failures, m.failures...)
	if len(m.failures) > 0 {
		r.say("%s: %d failures, the first: %s", s.name, len(m.failures), m.failures[0])
	}
	return m, err
}

// underLoad divides what was used meanwhile by the number of answers.
func (r *rig) underLoad(ctx context.Context, t target, l load, s scenario) (measurement, error) {
	m := measurement{scenario: s.name, hashes: s.hashes, counted: t.counters != nil}
	if err := t.server.forgetPeak(); err != nil {
		return m, err
	}
	before, err := t.read(ctx)
	if err != nil {
		return m, err
	}
	stopProfile, err := r.profile(ctx, s.name)
	if err != nil {
		return m, err
	}
	seen := l.run(ctx, s, r.options.duration)
	after, err := t.read(ctx)
	if err != nil {
		return m, err
	}
	if err := stopProfile(); err != nil {
		return m, err
	}
	if _, m.peak, err = t.server.memory(); err != nil {
		return m, err
	}
	m.fill(seen, before, after)
	if t.counters != nil {
		c := after.counts.minus(before.counts).minus(t.counters.own)
		n := float64(max(1, m.requests))
		m.queries, m.trips, m.commands = float64(c.queries)/n, float64(c.trips)/n, float64(c.commands)/n
	}
	return m, ctx.Err()
}

// fill puts in what the load saw. Failures cost, too, so they count as requests:
// a run with failures is no good, and says so.
func (m *measurement) fill(seen tally, before, after spent) {
	m.requests, m.failures = len(seen.took)+len(seen.failures), seen.failures
	m.rate = float64(len(seen.took)) / seen.elapsed.Seconds()
	m.p50, m.p99 = quantile(seen.took, 0.5), quantile(seen.took, 0.99)
	n := time.Duration(max(1, m.requests))
	m.server, m.services = (after.server-before.server)/n, (after.services-before.services)/n
}
