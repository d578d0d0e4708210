package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A Program is the gatehouse binary that the tests of a package run. It is built once,
// from this tree, when the first test needs it, and with the race detector if the tests
// have it. GATEHOUSE_TEST_BINARY names another binary to run instead, such as a release.
type Program struct {
	// Tags are build tags, separated by commas. A program with tags is always built,
	// because a release has none.
	Tags string

	once   sync.Once
	folder string
	path   string
	err    error
}

// GoRace makes a process with the race detector end at the first race, and without
// waiting a second for others when it exits.
const GoRace = "GORACE=halt_on_error=1 atexit_sleep_ms=0"

// Run runs the tests, removes the binary that was built for them, and returns their exit
// code.
func (p *Program) Run(m *testing.M) int {
	code := m.Run()
	if err := os.RemoveAll(p.folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// Path returns the path of the binary. It fails the test if the build fails.
func (p *Program) Path(t testing.TB) string {
	t.Helper()
	Long(t)
	p.once.Do(func() { p.path, p.err = p.make() })
	if p.err != nil {
		t.Fatalf("building the program: %v", p.err)
	}
	return p.path
}

// Command returns a command that runs the program with those arguments and settings, and
// no other GATEHOUSE_ variables. It ends with the tests, however they end, and at the
// first race.
func (p *Program) Command(t testing.TB, settings []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(p.Path(t), args...)
	cmd.SysProcAttr = NoOrphans()
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GATEHOUSE_") && !strings.HasPrefix(variable, "GORACE=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, GoRace)
	cmd.Env = append(cmd.Env, settings...)
	return cmd
}

func (p *Program) make() (path string, err error) {
	if named := os.Getenv("GATEHOUSE_TEST_BINARY"); named != "" && p.Tags == "" {
		return filepath.Abs(named)
	}
	if p.folder, err = os.MkdirTemp("", "gatehouse-program-"); err != nil {
		return "", err
	}
	root, err := goTool("list", "-m", "-f", "{{.Dir}}", "gatehouse")
	if err != nil {
		return "", err
	}
	path = filepath.Join(p.folder, "gatehouse")
	args := []string{"build", "-C", root, "-o", path, "-tags", p.Tags} // the tests may be in another module
	if raceDetector {
		args = append(args, "-race", "-gcflags=modernc.org/...=-d=checkptr=0") // as in scripts/check.sh
	}
	_, err = goTool(append(args, "./cmd/gatehouse")...)
	return path, err
}

// goTool runs a go command and returns its output.
func goTool(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	var faults strings.Builder
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, &faults)
	}
	return strings.TrimSpace(string(out)), nil
}
