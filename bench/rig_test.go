package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// gatehouse is the program that is compared with itself.
var gatehouse testkit.Program

// TestMain lets the test's program be one of the rig's helper processes.
func TestMain(m *testing.M) {
	beServant(os.Args[1:])
	os.Exit(gatehouse.Run(m))
}

// TestTheRigStillFitsTheServer runs the rig once, far too briefly for meaningful
// figures: every endpoint must answer as the rig expects.
func TestTheRigStillFitsTheServer(t *testing.T) {
	testkit.Long(t)
	document := filepath.Join(t.TempDir(), "performance.md")
	var figures, progress strings.Builder
	args := []string{"-on", "sqlite", "-sizes", "1000", "-pool", "1000", "-duration", "100ms", "-warm-up", "10ms",
		"-connections", "2", "-flood", "4", "-starts", "1", "-dir", t.TempDir(), "-markdown", document}
	if code := run(t.Context(), args, &figures, &progress); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, progress.String())
	}
	if strings.Contains(progress.String(), "failures") {
		t.Errorf("the run had failures, want none:\n%s", progress.String())
	}
	text, err := os.ReadFile(document)
	if err != nil || !strings.Contains(string(text), "| "+nameRefresh+" |") || !strings.Contains(string(text), "| audit: one day |") {
		t.Errorf("reading the document: %v, want a row %s and one of a page:\n%s", err, nameRefresh, text)
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"-on", "oracle"}, {"-sizes", "10"}, {"-sizes", "2000,1000"}, {"-sizes", "many"}, {"-connections", "0"}, {"-replicas", "0"}, {"-on", "sqlite", "-replicas", "2"}, {"-against-replicas", "3"}, {"more"}, {"-no-such-flag"},
	} {
		var complaint strings.Builder
		if code := run(t.Context(), args, &complaint, &complaint); code != 2 || complaint.Len() == 0 {
			t.Errorf("%q: exit code %d, want 2 and a complaint: %s", args, code, complaint.String())
		}
	}
}
