package faults_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// reportFile is the file to which the table of all scenarios is written.
var reportFile = flag.String("reliability", "", "write the table of scenarios to this `file`")

// full is set for a run of every scenario, as often and as long as it takes to be
// sure, rather than of as much as fits into ten minutes.
var full = os.Getenv("GATEHOUSE_FAULTS") == "full"

// longer returns long in a full run, and short otherwise.
func longer[T int | time.Duration](short, long T) T {
	if full {
		return long
	}
	return short
}

// folder keeps the logs of replicas of failed tests.
var folder string

// gatehouse has a clock that the rig can set (cmd/gatehouse/clock_faults.go).
var gatehouse = testkit.Program{Tags: "faultclock"}

func TestMain(m *testing.M) {
	flag.Parse()
	if mode := os.Getenv("GATEHOUSE_FAULTS"); mode != "short" && mode != "full" {
		// The judge does not need replicas, so it is always tested.
		_ = flag.Set("test.run", "^TestJudge")
		fmt.Println("faults: only the judge is tested; scripts/faults.sh runs the scenarios")
	}
	var err error
	if folder, err = os.MkdirTemp("", "gatehouse-faults-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := gatehouse.Run(m)
	if err := rows.write(*reportFile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}
