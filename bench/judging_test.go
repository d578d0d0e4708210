package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// sample is a report of two sizes, in which the cost of a refresh doubled.
func sample() report {
	one := func(size int, cost time.Duration) block {
		return block{topology: "SQLite", size: size, idle: resident{own: 9 << 20}, later: starts{{answering: 40 * time.Millisecond}}, measurements: []measurement{
			{scenario: nameRefresh, server: cost, unit: units{Signature: time.Millisecond}},
			{scenario: namePassword, server: 23 * time.Millisecond, hashes: true, unit: units{Signature: time.Millisecond, Hash: 20 * time.Millisecond}},
		}, views: []viewing{
			{view: view{name: "people", limit: pageLimit}, took: []time.Duration{cost, cost, 20 * time.Millisecond}},
			{view: view{name: "counts"}, took: []time.Duration{time.Second}},
		}}
	}
	return report{
		options: options{sizes: []int{1000, 1_000_000}},
		first:   map[string]starts{"SQLite": {{listening: 300 * time.Millisecond}, {listening: 100 * time.Millisecond}, {listening: 90 * time.Millisecond}}},
		blocks:  []block{one(1000, 2*time.Millisecond), one(1_000_000, 4*time.Millisecond)},
	}
}

func TestEveryAimIsJudgedByItsWorstFigure(t *testing.T) {
	want := map[string][]string{
		nameRefresh + ", signatures":                   {"2.3", "4.00", "NO", "SQLite, 1,000,000 people"},
		namePassword + ", signatures besides the hash": {"2.3", "3.00", "NO", "SQLite, 1,000 people"},
		"median of any page, ms":                       {"10", "4.00", "yes", "people, SQLite, 1,000,000 people"},
		"own memory at rest, MiB":                      {"14", "9.00", "yes", "SQLite, 1,000 people"},
		"a later start until answering, ms":            {"50", "40.00", "yes", "SQLite, 1,000 people"},
		"first start until listening, ms":              {"200", "100.00", "yes", "SQLite"},
		"growth of any cost":                           {"1.5", "2.00", "NO", nameRefresh + ", SQLite"},
		"failed requests":                              {"0", "0.00", "yes", "SQLite, 1,000 people"},
	}
	rows := sample().aimsTable().rows
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
