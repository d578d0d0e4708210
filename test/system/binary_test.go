package system_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// folder is where the binary is built, and what failed servers logged is kept.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "gatehouse-system-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("3") // the tests wait more than they work
	}
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// built is the path of the binary, which is built once for all tests, unless
// GATEHOUSE_TEST_BINARY names one, as for a test of what was released.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("GATEHOUSE_TEST_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(folder, "gatehouse")
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "gatehouse/cmd/gatehouse")...).CombinedOutput(); err != nil {
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
