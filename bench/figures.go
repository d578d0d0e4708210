package main

import "fmt"

func (b block) String() string { return fmt.Sprintf("%s, %s people", b.topology, integer(b.size)) }

// largest returns the blocks with the most people.
func (r report) largest() (all []block) {
	most := r.options.sizes[len(r.options.sizes)-1]
	for _, b := range r.blocks {
		if b.size == most {
			all = append(all, b)
		}
	}
	return all
}

// ofScenario returns a figure of one scenario in every one of the largest blocks.
func ofScenario(name string, value func(measurement) float64) func(report) []figure {
	return func(r report) (all []figure) {
		for _, b := range r.largest() {
			for _, m := range b.measurements {
				if m.scenario == name {
					all = append(all, figure{value(m), b.String()})
				}
			}
		}
		return all
	}
}

// costsOf returns the costs of a scenario in signatures.
func costsOf(name string) func(report) []figure { return ofScenario(name, measurement.signatures) }

// slowestOf returns the time, in milliseconds, that 99 of 100 answers of a scenario did not exceed.
func slowestOf(name string) func(report) []figure {
	return ofScenario(name, func(m measurement) float64 { return inMillis(m.p99) })
}

// ofBlock returns a figure of every one of the largest blocks.
func ofBlock(value func(block) float64) func(report) []figure {
	return func(r report) (all []figure) {
		for _, b := range r.largest() {
			all = append(all, figure{value(b), b.String()})
		}
		return all
	}
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// kept is the part of its calm rate, in per cent, that an endpoint keeps in a flood.
func kept(calm, flooded tally) float64 { return 100 * flooded.rate() / calm.rate() }

func ownMemory(r report) []figure {
	return ofBlock(func(b block) float64 { return mebibytes(b.idle.own) })(r)
}

func laterAnswering(r report) []figure {
	return ofBlock(func(b block) float64 { return inMillis(b.later.median().answering) })(r)
}

// ofFloods returns a figure of every one of the largest blocks with a flood.
func ofFloods(value func(flood) float64) func(report) []figure {
	return func(r report) (all []figure) {
		for _, b := range r.largest() {
			if b.flood.callers > 0 {
				all = append(all, figure{value(b.flood), b.String()})
			}
		}
		return all
	}
}

func firstListening(r report) (all []figure) {
	for topology, s := range r.first {
		all = append(all, figure{inMillis(s.median().listening), topology})
	}
	return all
}

func growths(r report) (all []figure) {
	for _, g := range r.growth() {
		all = append(all, figure{g.total, g.scenario + ", " + g.topology})
	}
	return all
}

func failedRequests(r report) (all []figure) {
	for _, b := range r.blocks {
		n := len(b.flood.failures)
		for _, m := range b.measurements {
			n += len(m.failures)
		}
		for _, v := range b.views {
			n += len(v.failures)
		}
		all = append(all, figure{float64(n), b.String()})
	}
	return all
}
