package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// sample is a report of two sizes, in which the cost of a refresh doubled.
func sample() report {
	calm := latencies{refresh: tally{took: make([]time.Duration, 100), elapsed: time.Second}, jwks: tally{took: make([]time.Duration, 100), elapsed: time.Second}}
	slow := latencies{refresh: tally{took: make([]time.Duration, 55), elapsed: time.Second}, jwks: tally{took: make([]time.Duration, 70), elapsed: time.Second}}
	one := func(size int, cost time.Duration) block {
		return block{topology: "SQLite", size: size, idle: resident{now: 20 << 20, own: 13 << 20}, later: starts{{answering: 40 * time.Millisecond}}, flood: flood{callers: 60, calm: calm, flooded: slow, peak: 101 << 20}, measurements: []measurement{
			{scenario: nameRefresh, server: cost, unit: units{Signature: time.Millisecond}},
			{scenario: nameManyCallers, server: cost, p99: 12 * time.Millisecond, unit: units{Signature: 10 * time.Millisecond}},
			{scenario: namePassword, server: 14500 * time.Microsecond, hashes: true, unit: units{Signature: time.Millisecond, Hash: 10 * time.Millisecond}},
		}, views: []viewing{
			{view: view{name: "people", limit: pageLimit}, took: []time.Duration{cost, cost, 20 * time.Millisecond}},
			{view: view{name: "counts"}, took: []time.Duration{time.Second}},
		}}
	}
	return report{
		options: options{sizes: []int{1000, 1_000_000}},
		first:   map[string]starts{"SQLite": {{listening: 300 * time.Millisecond}, {listening: 100 * time.Millisecond}, {listening: 90 * time.Millisecond}}},
		blocks:  []block{one(1000, time.Millisecond), one(1_000_000, 2*time.Millisecond)},
	}
}

func TestEveryAimIsJudgedByItsWorstFigure(t *testing.T) {
	const most = "SQLite, 1,000,000 people"
	want := map[string][]string{
		nameRefresh + ", signatures":                          {"≤ 2.4", "2.00", "yes", most},
		namePassword + ", signatures":                         {"≤ 15", "14.50", "yes", most},
		"p99 of " + nameManyCallers + ", ms":                  {"≤ 18", "12.00", "yes", most},
		"median of any page, ms":                              {"≤ 10", "2.00", "yes", "people, " + most},
		"own memory at rest, MiB":                             {"≤ 14", "13.00", "yes", most},
		"peak in a flood of sign-ins, MiB":                    {"≤ 100", "101.00", "NO", most},
		"first start until listening, ms":                     {"≤ 200", "100.00", "yes", "SQLite"},
		"a later start until answering, ms":                   {"≤ 50", "40.00", "yes", most},
		"growth of any cost":                                  {"≤ 1.5", "2.00", "NO", nameRefresh + ", SQLite"},
		"failed requests":                                     {"≤ 0", "0.00", "yes", "SQLite, 1,000 people"},
		"refreshes in a flood, % of the calm rate":            {"≥ 60", "55.00", "NO", most},
		"readings of the JWKS in a flood, % of the calm rate": {"≥ 60", "70.00", "yes", most},
	}
	judged(t, sample(), want)

	// OpenSSL has stricter limits, on a processor that makes it as fast as they ask for.
	fast := sample()
	fast.signer = "OpenSSL 3.0.17"
	judged(t, fast, want)
	fast.machine.ifma = true
	want[nameRefresh+", signatures"] = []string{"≤ 1", "2.00", "NO", most}
	want[namePassword+", signatures"] = []string{"≤ 14", "14.50", "NO", most}
	want["p99 of "+nameManyCallers+", ms"] = []string{"≤ 10", "12.00", "NO", most}
	judged(t, fast, want)
}

// judged fails unless the aims of a report are judged like this.
func judged(t *testing.T, r report, want map[string][]string) {
	t.Helper()
	rows := r.aimsTable().rows
	for _, row := range rows {
		if !slices.Equal(row[1:], want[row[0]]) {
			t.Errorf("%q, want %q", row, want[row[0]])
		}
	}
	if len(rows) != len(want) {
		t.Errorf("%d aims were judged, want %d", len(rows), len(want))
	}
}

func TestTheDocumentHasEveryTable(t *testing.T) {
	r := sample()
	text := r.document()
	for _, table := range r.tables() {
		if !strings.Contains(text, "## "+table.title+"\n") {
			t.Errorf("the document has no table %q, want it", table.title)
		}
		for _, row := range table.rows {
			if len(row) != len(table.head) {
				t.Errorf("%s: %d cells under %d headings, want %d", table.title, len(row), len(table.head), len(table.head))
			}
		}
	}
}
