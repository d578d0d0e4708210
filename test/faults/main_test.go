package faults_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// reportFile is where the table of all scenarios is written.
var reportFile = flag.String("reliability", "", "write the table of scenarios to this `file`")

// whole: every scenario, as often and as long as it takes to be sure, rather than
// what fits into ten minutes.
var whole = os.Getenv("GATEHOUSE_FAULTS") == "whole"

// longer is how much of something a whole run does.
func longer[T int | time.Duration](short, long T) T {
	if whole {
		return long
	}
	return short
}

// folder is where what failed replicas logged is kept.
var folder string

// gatehouse has a clock that the rig can set (cmd/gatehouse/clock_faults.go).
var gatehouse = testkit.Program{Tags: "faultclock"}

func TestMain(m *testing.M) {
	flag.Parse()
	if mode := os.Getenv("GATEHOUSE_FAULTS"); mode != "short" && mode != "whole" {
		// The judge needs no replicas: it is tested always.
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
