package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// An aim is a bound that was set before the first measurement.
type aim struct {
	what  string
	limit float64
	// figures returns what was measured, one figure for each block or comparison.
	figures func(report) []figure
}

// A figure is a measured value, and where it was measured.
type figure struct {
	value float64
	where string
}

func aims() []aim {
	signed := func(limit float64, scenario string) aim {
		return aim{scenario + ", signatures", limit, costsOf(scenario, measurement.signatures)}
	}
	hashed := func(limit float64, scenario string) aim {
		return aim{scenario + ", signatures besides the hash", limit, costsOf(scenario, measurement.beyondHash)}
	}
	return []aim{
		signed(1.2, nameClientCredentials), signed(2.3, nameRefresh), signed(2.3, nameAccountsRefresh),
		hashed(2.3, namePassword), hashed(2.3, nameLogin),
		signed(3.4, nameExchange), signed(0.2, nameUserinfo),
		signed(0.2, nameIntrospect), signed(0.15, nameProfile), signed(0.03, nameJWKS), signed(0.03, nameDiscovery),
		{"median of any page, ms", float64(pageLimit.Milliseconds()), slowest(pageLimit)},
		{"median of any search, ms", float64(searchLimit.Milliseconds()), slowest(searchLimit)},
		{"own memory at rest, MiB", 14, ownMemory},
		{"first start until listening, ms", 200, firstListening},
		{"a later start until answering, ms", 50, laterAnswering},
		{"peak in a flood of sign-ins, MiB", 100, ofFloods(func(f flood) float64 { return mebibytes(f.peak) })},
		{"calm refreshes for one in a flood", 1 / leastInAFlood, ofFloods(func(f flood) float64 { return f.calm.refresh.rate() / f.flooded.refresh.rate() })},
		{"calm readings of the JWKS for one in a flood", 1 / leastInAFlood, ofFloods(func(f flood) float64 { return f.calm.jwks.rate() / f.flooded.jwks.rate() })},
		{"growth of any cost", 1.5, func(r report) (all []figure) {
			for _, g := range r.growth() {
				all = append(all, figure{g.total, g.scenario + ", " + g.topology})
			}
			return all
		}},
		{"failed requests", 0, failedRequests},
	}
}

// costsOf returns the costs of one scenario in every block.
func costsOf(scenario string, cost func(measurement) float64) func(report) []figure {
	return func(r report) (all []figure) {
		for _, b := range r.blocks {
			for _, m := range b.measurements {
				if m.scenario == scenario {
					all = append(all, figure{cost(m), b.String()})
				}
			}
		}
		return all
	}
}

func (b block) String() string { return fmt.Sprintf("%s, %s people", b.topology, integer(b.size)) }

// leastInAFlood is the part of its calm rate that everything else keeps in a flood of sign-ins.
const leastInAFlood = 0.6

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

func ownMemory(r report) (all []figure) {
	for _, b := range r.blocks {
		all = append(all, figure{mebibytes(b.idle.own), b.String()})
	}
	return all
}

func laterAnswering(r report) (all []figure) {
	for _, b := range r.blocks {
		all = append(all, figure{float64(b.later.median().answering) / float64(time.Millisecond), b.String()})
	}
	return all
}

// ofFloods returns one figure of every block with a flood.
func ofFloods(of func(flood) float64) func(report) []figure {
	return func(r report) (all []figure) {
		for _, b := range r.blocks {
			if b.flood.callers > 0 {
				all = append(all, figure{of(b.flood), b.String()})
			}
		}
		return all
	}
}

func firstListening(r report) (all []figure) {
	for topology, s := range r.first {
		all = append(all, figure{float64(s.median().listening) / float64(time.Millisecond), topology})
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

// aimsTable compares each aim with the worst figure.
func (r report) aimsTable() table {
	t := table{
		title: "Aims",
		note:  "The worst figure over all topologies and numbers of people.",
		head:  []string{"aim", "at most", "measured", "met", "where"},
	}
	for _, a := range aims() {
		all := a.figures(r)
		if len(all) == 0 {
			continue
		}
		worst := slices.MaxFunc(all, func(a, b figure) int { return cmp.Compare(a.value, b.value) })
		met := "yes"
		if worst.value > a.limit {
			met = "NO"
		}
		t.rows = append(t.rows, []string{a.what, strconv.FormatFloat(a.limit, 'g', -1, 64), ratio(worst.value), met, worst.where})
	}
	return t
}
