package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestTwoServersAreCompared compares a server with itself under other settings, far too
// briefly for meaningful figures: with them it may not answer one of the rows.
func TestTwoServersAreCompared(t *testing.T) {
	testkit.Long(t)
	document := filepath.Join(t.TempDir(), "comparison.md")
	var figures, progress strings.Builder
	args := []string{"-binary", gatehouse.Path(t), "-on", "sqlite", "-sizes", "1000", "-pool", "1000", "-audit", "0", "-duration", "160ms", "-warm-up", "10ms", "-settle", "1ms",
		"-rounds", "4", "-connections", "2", "-dir", t.TempDir(), "-only", nameJWKS + "," + nameIntrospect, "-markdown", document,
		"-env", "GATEHOUSE_LOG_LEVEL=warn", "-against-env", "GATEHOUSE_INTROSPECTION=own"}
	if code := run(t.Context(), args, &figures, &progress); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, progress.String())
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatalf("reading the document: %v", err)
	}
	for _, want := range []string{
		"| " + nameJWKS + " | 0.", "| " + nameIntrospect + " | left out |", `"active":false`, "GATEHOUSE_LOG_LEVEL=warn |", "GATEHOUSE_INTROSPECTION=own |", "AVX2 ",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document has no %q, want it:\n%s", want, text)
		}
	}
	if strings.Contains(progress.String(), "failures") {
		t.Errorf("the run had failures, want none:\n%s", progress.String())
	}
}

func TestWrongComparisonsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"-env", "NAME"}, {"-env", "=value"}, {"-against-env", "NAME"},
		{"-against", "a", "-profiles", "b"}, {"-against", "a", "-rounds", "3"}, {"-against", "a", "-settle", "-1s"},
	} {
		var complaint strings.Builder
		if code := run(t.Context(), args, &complaint, &complaint); code != 2 || complaint.Len() == 0 {
			t.Errorf("%q: exit code %d, want 2 and a complaint: %s", args, code, complaint.String())
		}
	}
}

func TestQuartilesAreInterpolated(t *testing.T) {
	if got, want := spreadOf([]float64{5, 1, 3, 2, 4, 6}), (spread{2.25, 3.5, 4.75}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := spreadOf(nil); !math.IsNaN(got.median) {
		t.Errorf("the median of nothing is %v, want none", got.median)
	}
}

// TestDrift: a machine that slows down from slice to slice slows both servers down alike.
func TestDrift(t *testing.T) {
	at := 1.0
	d := duel{rounds: make([]round, 8)}
	for nth := range d.rounds {
		var next [2]int
		for _, who := range orderOf(nth) {
			d.rounds[nth][who][next[who]] = at
			next[who]++
			at += 0.01
		}
	}
	if ratio := d.ratios().median; math.Abs(ratio-1) > 1e-9 {
		t.Errorf("two equal servers have the ratio %v, want 1", ratio)
	}
}

func TestADifferenceIsMarkedBeyondTheSpread(t *testing.T) {
	for name, c := range map[string]struct {
		mine, other float64
		want        string
	}{"less": {0.9, 1, "less"}, "more": {1.1, 1, "MORE"}, "as much": {1.005, 1, "–"}} {
		d := duel{rounds: make([]round, 6)}
		for i := range d.rounds {
			noise := 1 + 0.01*float64(i) // what a server differs from itself
			d.rounds[i] = round{{c.mine, c.mine * noise}, {c.other * noise, c.other}}
		}
		if got := d.verdict(); got != c.want {
			t.Errorf("%s: %q, want %q; %+v, itself %+v", name, got, c.want, d.ratios(), d.itself())
		}
	}
}
