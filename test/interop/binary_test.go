package interop_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// folder is where the binary is built.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "gatehouse-interop-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// built is the path of the binary, which is built once for all tests, unless
// GATEHOUSE_TEST_BINARY names one.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("GATEHOUSE_TEST_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(folder, "gatehouse")
	if out, err := exec.Command("go", "build", "-o", path, "gatehouse/cmd/gatehouse").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building gatehouse: %w\n%s", err, out)
	}
	return path, nil
})
