package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// peerRows are the endpoints that the entrants are measured by.
var peerRows = []string{nameClientCredentials, nameRefresh, namePassword, nameIntrospect, nameUserinfo, nameJWKS}

// A heat is one endpoint of all entrants that have it.
type heat struct {
	row   string
	lanes []lane
}

// A lane is one entrant in a heat.
type lane struct {
	name     string
	target   target
	load     load
	scenario scenario
	sum      sum
	rounds   [][2]float64 // a request's cost in each of its two slices
	total    measurement
	resident int64 // after its last slice
}

func (r *rig) heats(ctx context.Context, all []entrant) (found []heat, err error) {
	for _, row := range peerRows {
		if !r.options.wants(row) {
			continue
		}
		h, err := r.heat(ctx, row, all)
		if err != nil {
			return found, fmt.Errorf("measuring %s: %w", row, err)
		}
		found = append(found, h)
	}
	return found, nil
}

// heat warms every server up, and then measures them in turns.
func (r *rig) heat(ctx context.Context, row string, all []entrant) (h heat, err error) {
	h.row = row
	for _, e := range all {
		l, ok, err := r.warmedUp(ctx, row, e)
		if err != nil {
			return h, fmt.Errorf("%s: %w", e.name, err)
		}
		if ok {
			h.lanes = append(h.lanes, l)
			defer l.load.close()
		}
	}
	r.say("%s: measuring %d servers in turns", row, len(h.lanes))
	for nth := range r.options.against.rounds {
		if err := r.lap(ctx, nth, h.lanes); err != nil {
			return h, err
		}
	}
	for i := range h.lanes {
		if err := h.lanes[i].finish(r); err != nil {
			return h, err
		}
	}
	return h, ctx.Err()
}

// warmedUp returns an entrant's lane, unless it lacks the endpoint. Failures while it warms
// up count, too.
func (r *rig) warmedUp(ctx context.Context, row string, e entrant) (l lane, ok bool, err error) {
	i := slices.IndexFunc(e.rows, func(s scenario) bool { return s.name == row })
	if i < 0 {
		return l, false, nil
	}
	r.say("%s: warming %s up for %s", row, e.name, e.warmUp)
	if e.ready != nil {
		if err := e.ready(ctx, row); err != nil {
			return l, false, err
		}
	}
	l = lane{name: e.name, target: e.target, load: newLoad(e.target.base, r.options.connections), scenario: e.rows[i]}
	l.sum.seen.failures = l.load.run(ctx, l.scenario, e.warmUp).failures
	return l, true, ctx.Err()
}

// lap asks each server twice, there and back again, so that a machine that slows down does so
// for all of them alike; the next lap begins at the other end.
func (r *rig) lap(ctx context.Context, nth int, lanes []lane) error {
	cost := make([][2]float64, len(lanes))
	for half, order := range lapOrder(nth, len(lanes)) {
		unit, err := r.yardstick.measure(false)
		if err != nil {
			return err
		}
		for _, i := range order {
			one, err := r.slice(ctx, lanes[i].target, lanes[i].load, lanes[i].scenario)
			if err != nil {
				return err
			}
			cost[i][half] = one.perRequest()
			lanes[i].sum.seen.add(one.seen)
			lanes[i].sum.used = lanes[i].sum.used.plus(one.used)
			lanes[i].sum.unit = lanes[i].sum.unit.plus(unit.over(2))
		}
	}
	for i := range lanes {
		lanes[i].rounds = append(lanes[i].rounds, cost[i])
	}
	return nil
}

// lapOrder is the order of a lap's two halves.
func lapOrder(nth, n int) [2][]int {
	there := make([]int, n)
	for i := range there {
		there[i] = i
	}
	back := slices.Clone(there)
	slices.Reverse(back)
	if nth%2 == 1 {
		return [2][]int{back, there}
	}
	return [2][]int{there, back}
}

func (l *lane) finish(r *rig) error {
	l.total = r.total(contender{target: l.target}, l.scenario, l.sum)
	m, err := l.target.server.memory()
	l.resident = m.now
	return err
}

// timesOurs compares the i-th lane with the first, which is Gatehouse's: the costs of a
// request in each round, one divided by the other.
func (h heat) timesOurs(i int) spread {
	d := duel{rounds: make([]round, len(h.lanes[0].rounds))}
	for n := range d.rounds {
		d.rounds[n] = round{h.lanes[i].rounds[n], h.lanes[0].rounds[n]}
	}
	return d.ratios()
}

// sliceOf is how long one slice of a comparison lasts.
func (o options) sliceOf() time.Duration {
	return (o.duration / time.Duration(2*o.against.rounds)).Round(time.Millisecond)
}
