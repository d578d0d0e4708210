package faults_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
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

// folder is where the binary is built, and what failed replicas logged is kept.
var folder string

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
	code := m.Run()
	if err := rows.write(*reportFile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// built is the path of the binary: with the race detector, and with a clock that
// the rig can set (cmd/gatehouse/clock_faults.go).
var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "gatehouse")
	build := exec.Command("go", "build", "-race", "-tags", "faultclock", "-o", path, "gatehouse/cmd/gatehouse")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building gatehouse: %w\n%s", err, out)
	}
	return path, nil
})

func binary(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
