package main

import (
	"context"
	"slices"
	"time"
)

// A duel is one endpoint of two servers.
type duel struct {
	row string
	// cannot is why the program compared with was left out: an older one may lack
	// the endpoint, or answer otherwise.
	cannot string
	rounds []round
	totals [2]measurement
}

// A round is four slices, two of each server, and the cost of a request in each.
type round [2][2]float64

// orderOf says in which order the servers are asked in a round. What makes the machine slower
// from one slice to the next (its clock, other guests) falls on both alike, because the outer
// two slices have one server, the inner two the other, and the next round swaps them.
func orderOf(nth int) [4]int {
	if nth%2 == 1 {
		return [4]int{1, 0, 0, 1}
	}
	return [4]int{0, 1, 1, 0}
}

// duel warms both servers up, and then measures them in turns. One waits while the other
// is asked.
func (r *rig) duel(ctx context.Context, two [2]contender, rows [2]scenario) (d duel, err error) {
	d = duel{row: rows[0].name}
	r.say("comparing %s", d.row)
	var loads [2]load
	var sums [2]sum
	for i, c := range two {
		loads[i] = r.load(c.target, rows[i])
		defer loads[i].close()
		sums[i].seen.failures = loads[i].run(ctx, rows[i], r.options.warmUp).failures
	}
	if d.cannot, err = cannot(ctx, loads[1], rows[1]); err != nil || d.cannot != "" {
		r.say("%s: %s cannot: %s", d.row, sides[1], d.cannot)
		return d, err
	}
	for nth := range r.options.against.rounds {
		if err := r.round(ctx, nth, two, loads, rows, &d, &sums); err != nil {
			return d, err
		}
	}
	for i := range sums {
		d.totals[i] = r.total(two[i], rows[i], sums[i])
	}
	return d, ctx.Err()
}

// cannot returns how a server answers wrongly, each of a few times.
func cannot(ctx context.Context, l load, s scenario) (why string, err error) {
	const tries = 3
	for range tries {
		err := l.send(ctx, s.next())
		if err == nil {
			return "", nil
		}
		why = err.Error()
	}
	return why, ctx.Err()
}

func (r *rig) round(ctx context.Context, nth int, two [2]contender, loads [2]load, rows [2]scenario, d *duel, sums *[2]sum) error {
	unit, err := r.yardstick.measure(rows[0].hashes)
	if err != nil {
		return err
	}
	var made round
	var next [2]int
	for _, who := range orderOf(nth) {
		one, err := r.slice(ctx, two[who].target, loads[who], rows[who])
		if err != nil {
			return err
		}
		made[who][next[who]] = one.perRequest()
		next[who]++
		sums[who].seen.add(one.seen)
		sums[who].used = sums[who].used.plus(one.used)
	}
	for i := range sums {
		sums[i].unit = sums[i].unit.plus(unit)
	}
	d.rounds = append(d.rounds, made)
	return nil
}

// slice asks one server for a while. What the server does after its answers counts, too.
func (r *rig) slice(ctx context.Context, t target, l load, s scenario) (one sum, err error) {
	before, err := t.read(ctx)
	if err != nil {
		return one, err
	}
	one.seen = l.run(ctx, s, r.options.duration/time.Duration(2*r.options.against.rounds))
	if err := pause(ctx, r.options.against.settle); err != nil {
		return one, err
	}
	one.used, err = t.since(ctx, before)
	return one, err
}

// perRequest is the server's CPU per answer, in nanoseconds.
func (s sum) perRequest() float64 {
	return float64(s.used.server) / float64(max(1, len(s.seen.took)+len(s.seen.failures)))
}

func (r *rig) total(c contender, s scenario, all sum) measurement {
	m := measurement{scenario: s.name, hashes: s.hashes, counted: c.target.counters != nil}
	all.unit = all.unit.over(r.options.against.rounds)
	slices.Sort(all.seen.took)
	m.fill(all)
	if len(m.failures) > 0 {
		r.say("%s: %d failures, the first: %s", s.name, len(m.failures), m.failures[0])
	}
	return m
}
