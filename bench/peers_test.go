package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// TestPeersThatAreNotHereAreNamed runs with a folder without peers: two builds of Gatehouse are
// measured, and the page says who is missing.
func TestPeersThatAreNotHereAreNamed(t *testing.T) {
	testkit.Long(t)
	document := filepath.Join(t.TempDir(), "peers.md")
	var figures, progress strings.Builder
	args := []string{"-binary", gatehouse.Path(t), "-ours", "Another build=" + gatehouse.Path(t), "-peers", t.TempDir(), "-on", "sqlite", "-sizes", "1000", "-pool", "1000", "-audit", "0",
		"-duration", "160ms", "-warm-up", "10ms", "-settle", "1ms", "-rounds", "4", "-connections", "2", "-dir", t.TempDir(), "-only", nameJWKS, "-markdown", document}
	if code := run(t.Context(), args, &figures, &progress); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, progress.String())
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatalf("reading the page: %v", err)
	}
	want := []string{"## " + nameJWKS + "\n", "| Gatehouse | ", "| Another build | "}
	for _, p := range peers() {
		want = append(want, "**Left out** is "+p.name+": not here")
	}
	for _, one := range want {
		if !strings.Contains(string(text), one) {
			t.Errorf("the page has no %q, want it:\n%s", one, text)
		}
	}
}

func TestThePageOfPeersHasARowForEach(t *testing.T) {
	costs := [][2]float64{{1e6, 3e6}, {2e6, 2e6}, {1e6, 3e6}, {2e6, 2e6}}
	twice := [][2]float64{{4e6, 4e6}, {5e6, 3e6}, {4e6, 4e6}, {5e6, 3e6}}
	of := func(cpu time.Duration) measurement {
		return measurement{server: cpu, rate: 1234, p50: time.Millisecond, p99: 2 * time.Millisecond, unit: units{Signature: time.Millisecond}}
	}
	found := lineup{
		options:  options{connections: 16, duration: 6 * time.Second, against: rivalry{rounds: 4, settle: time.Second}},
		entrants: []entrant{{name: "Gatehouse", version: "v1", keeps: "SQLite"}, {name: "Other", version: "v2", keeps: "nothing"}},
		heats: []heat{{row: nameUserinfo, lanes: []lane{
			{name: "Gatehouse", rounds: costs, total: of(2 * time.Millisecond), resident: 1e6}, {name: "Other", rounds: twice, total: of(4 * time.Millisecond), resident: 5e6},
		}}},
		absent: []string{"Third: not here"},
	}
	page := found.document()
	for _, want := range []string{
		"| Gatehouse | 2000 | 2.000 | 1 | – | 1,234 | 1.0 | 2.0 | 1.0 | 0 |", "| Other | 4000 | 4.000 | 2.00 | 2.000 to 2.000 | 1,234 | 1.0 | 2.0 | 5.0 | 0 |",
		"| Other | v2 | nothing |", "**Left out** is Third: not here.", "16 connections stay open", "two slices of 750ms",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q, want it:\n%s", want, page)
		}
	}
	if strings.Contains(page, "%!") {
		t.Errorf("the page has a verb without a value, want none:\n%s", page)
	}
}

// TestLapsGoThereAndBack: in each lap every server has the same sum of places.
func TestLapsGoThereAndBack(t *testing.T) {
	for nth := range 2 {
		halves := lapOrder(nth, 5)
		for i := range 5 {
			if sum := slices.Index(halves[0], i) + slices.Index(halves[1], i); sum != 4 {
				t.Errorf("lap %d: server %d has the places %v, whose sum is %d, want 4", nth, i, halves, sum)
			}
		}
	}
}

func TestWrongPeerFlagsAreRefused(t *testing.T) {
	one := []string{"-peers", "peers", "-on", "sqlite", "-sizes", "1000"}
	for _, args := range [][]string{
		{"-keycloak", "a"}, {"-ours", "a=b"}, {"-peers", "peers"}, {"-peers", "peers", "-on", "sqlite"},
		append(one, "-against", "a"), append(one, "-profiles", "a"), append(one, "-ours", "a"), append(one, "-rounds", "3"), append(one, "-settle", "-1s"), append(one, "-peer-warm-up", "0s"),
	} {
		var complaint strings.Builder
		if code := run(t.Context(), args, &complaint, &complaint); code != 2 || complaint.Len() == 0 {
			t.Errorf("%q: exit code %d, want 2 and a complaint: %s", args, code, complaint.String())
		}
	}
}
