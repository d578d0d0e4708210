package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// slicesEach is how many slices a measurement has. The units are measured before,
// between and after them, so a machine that is slower for a while slows down both.
const slicesEach = 5

// A sum adds up the slices: their answers, their costs, and the units beside them.
type sum struct {
	seen tally
	used spent
	unit units
}

// load returns the connections that send the requests of a scenario.
func (r *rig) load(t target, s scenario) load {
	return newLoad(t.base, cmp.Or(s.connections, r.options.connections))
}

// measureScenario warms up and measures.
func (r *rig) measureScenario(ctx context.Context, t target, s scenario) (measurement, error) {
	r.say("measuring %s", s.name)
	l := r.load(t, s)
	defer l.close()
	warm := l.run(ctx, s, r.options.warmUp)
	m := measurement{scenario: s.name, hashes: s.hashes, counted: t.counters != nil}
	if err := t.server.forgetPeak(); err != nil {
		return m, err
	}
	stopProfile, err := r.profile(ctx, t, s.name)
	if err != nil {
		return m, err
	}
	all, err := r.inSlices(ctx, t, l, s)
	if err != nil {
		return m, fmt.Errorf("measuring %s: %w", s.name, err)
	}
	if err := stopProfile(); err != nil {
		return m, err
	}
	if m.peak, err = t.server.peakMemory(); err != nil {
		return m, err
	}
	all.seen.failures = append(warm.failures, all.seen.failures...)
	m.fill(all)
	if len(m.failures) > 0 {
		r.say("%s: %d failures, the first: %s", s.name, len(m.failures), m.failures[0])
	}
	return m, ctx.Err()
}

func (r *rig) inSlices(ctx context.Context, t target, l load, s scenario) (all sum, err error) {
	if all.unit, err = r.yardstick.measure(s.hashes); err != nil {
		return all, err
	}
	for range slicesEach {
		before, err := t.read(ctx)
		if err != nil {
			return all, err
		}
		all.seen.add(l.run(ctx, s, r.options.duration/slicesEach))
		used, err := t.since(ctx, before)
		if err != nil {
			return all, err
		}
		all.used = all.used.plus(used)
		unit, err := r.yardstick.measure(s.hashes)
		if err != nil {
			return all, err
		}
		all.unit = all.unit.plus(unit)
	}
	all.unit = all.unit.over(slicesEach + 1)
	slices.Sort(all.seen.took)
	return all, nil
}

func (t *tally) add(o tally) {
	t.took = append(t.took, o.took...)
	t.failures = append(t.failures, o.failures...)
	t.busy += o.busy
	t.elapsed += o.elapsed
}

// fill divides by the number of answers. A failure costs something, too, so it counts
// as an answer; a run with failures is invalid anyway, and says so.
func (m *measurement) fill(all sum) {
	m.requests, m.failures, m.unit = len(all.seen.took)+len(all.seen.failures), all.seen.failures, all.unit
	m.rate = all.seen.rate()
	m.p50, m.p99 = quantile(all.seen.took, 0.5), quantile(all.seen.took, 0.99)
	n := max(1, m.requests)
	m.server, m.services = all.used.server/time.Duration(n), all.used.services/time.Duration(n)
	c := all.used.counts
	m.queries, m.trips, m.commands = float64(c.queries)/float64(n), float64(c.trips)/float64(n), float64(c.commands)/float64(n)
}
