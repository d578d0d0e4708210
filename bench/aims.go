package main

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// An aim is a bound that was set before the first measurement.
type aim struct {
	what string
	// limit is for a server that signs by OpenSSL on a processor with IFMA, and plain for any
	// other; 0: there is no difference.
	limit, plain float64
	// atLeast is set if a figure must not be below the limit, rather than above.
	atLeast bool
	// figures returns what was measured, one figure for each block or comparison.
	figures func(report) []figure
}

// A figure is a measured value, and where it was measured.
type figure struct {
	value float64
	where string
}

func aims() []aim {
	signed := func(limit, plain float64, scenarios ...string) (all []aim) {
		for _, name := range scenarios {
			all = append(all, aim{what: name + ", signatures", limit: limit, plain: plain, figures: costsOf(name)})
		}
		return all
	}
	return slices.Concat(
		signed(0.45, 1.12, nameClientCredentials), signed(0.12, 0, nameClientCredentials+forAPI+byES256),
		signed(1.0, 2.4, nameRefresh, nameAccountsRefresh), signed(2.1, 4.0, nameExchange),
		signed(14, 15, namePassword, nameLogin),
		signed(0.16, 0, nameIntrospect, nameUserinfo, nameProfile),
		signed(0.11, 0, nameIntrospect+seenBefore, nameUserinfo+seenBefore, nameProfile+seenBefore),
		signed(0.8, 0, nameFirstPage, nameFarPage), signed(0.5, 0, nameAuthorize), signed(0.03, 0, nameJWKS, nameDiscovery),
		[]aim{
			{what: "p99 of " + nameManyCallers + ", ms", limit: 10, plain: 18, figures: slowestOf(nameManyCallers)},
			{what: "median of any page, ms", limit: inMillis(pageLimit), figures: slowest(pageLimit)},
			{what: "median of any search, ms", limit: inMillis(searchLimit), figures: slowest(searchLimit)},
			{what: "own memory at rest, MiB", limit: 14, figures: ownMemory},
			{what: "first start until listening, ms", limit: 200, figures: firstListening},
			{what: "a later start until answering, ms", limit: 50, figures: laterAnswering},
			{what: "peak in a flood of sign-ins, MiB", limit: 100, figures: ofFloods(func(f flood) float64 { return mebibytes(f.peak) })},
			{what: "refreshes in a flood, % of the calm rate", limit: 60, atLeast: true, figures: ofFloods(func(f flood) float64 { return kept(f.calm.refresh, f.flooded.refresh) })},
			{what: "readings of the JWKS in a flood, % of the calm rate", limit: 60, atLeast: true, figures: ofFloods(func(f flood) float64 { return kept(f.calm.jwks, f.flooded.jwks) })},
			{what: "growth of any cost", limit: 1.5, figures: growths},
			{what: "failed requests", limit: 0, figures: failedRequests},
		},
	)
}

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// aimsTable compares each aim with the worst figure.
func (r report) aimsTable() table {
	t := table{
		title: "Aims",
		note: "The worst figure over all topologies: with the most people, except for pages, searches and failed requests, which are of any number. " +
			"The limits are those of a server that signs by OpenSSL on a processor with IFMA.",
		head: []string{"aim", "limit", "measured", "met", "where"},
	}
	if !r.fast() {
		t.note = t.note[:len(t.note)-1] + ", where this is one, and otherwise those of the plain build, as here."
	}
	for _, a := range aims() {
		if row := a.judge(r); row != nil {
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// judge returns the row of the aim; nil if nothing was measured for it.
func (a aim) judge(r report) []string {
	all := a.figures(r)
	if len(all) == 0 {
		return nil
	}
	limit, bound := a.limit, "≤ "
	if !r.fast() {
		limit = cmp.Or(a.plain, limit)
	}
	worst := slices.MaxFunc(all, func(x, y figure) int { return cmp.Compare(x.value, y.value) })
	missed := worst.value > limit
	if a.atLeast {
		bound, worst = "≥ ", slices.MinFunc(all, func(x, y figure) int { return cmp.Compare(x.value, y.value) })
		missed = worst.value < limit
	}
	met := "yes"
	if missed {
		met = "NO"
	}
	return []string{a.what, bound + strconv.FormatFloat(limit, 'g', -1, 64), ratio(worst.value), met, worst.where}
}
