package machine

import (
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

func TestTheLeastOfTheControlGroupsCounts(t *testing.T) {
	root := t.TempDir()
	for group, limit := range map[string]string{"": "", "system.slice": "1073741824\n", "system.slice/gatehouse.service": "max\n", "small": "1000\n"} {
		if err := os.MkdirAll(filepath.Join(root, group), 0o755); err != nil {
			t.Fatalf("making the control group %q: %v", group, err)
		}
		if limit == "" {
			continue // the topmost has none
		}
		if err := os.WriteFile(filepath.Join(root, group, "memory.max"), []byte(limit), 0o600); err != nil {
			t.Fatalf("limiting the control group %q: %v", group, err)
		}
	}
	for own, want := range map[string]int64{
		"0::/system.slice/gatehouse.service\n":      1 << 30,
		"0::/system.slice\n":                        1 << 30,
		"0::/\n":                                    math.MaxInt64,
		"12:cpu:/x\n1:name=systemd:/y\n0::/small\n": 1000,
		"4:memory:/docker/1\n":                      math.MaxInt64,
		"0::/../outside\n":                          math.MaxInt64,
		"":                                          math.MaxInt64,
	} {
		if got := groupMemory(root, own); got != want {
			t.Errorf("memory of %q = %d, want %d", own, got, want)
		}
	}
}

func TestHowManyConnections(t *testing.T) {
	const databaseConnections, budgetMiB = 32, 128
	for _, c := range []struct {
		name    string
		setting int
		files   uint64
		memory  int64
		want    int
	}{
		{"as set", 7, 20, 1 << 20, 7},
		{"by the files", 0, 1024, 1 << 30, 1024 - databaseConnections - 128},
		{"by the memory", 0, 1 << 20, 384 << 20, 256 << 20 / connectionBytes},
		{"no limits", 0, math.MaxUint64, math.MaxInt64, mostConnections},
		{"next to nothing", 0, 64, 1 << 20, leastConnections},
	} {
		s := Settings{MaxConnections: c.setting, DatabaseConnections: databaseConnections, PasswordBudgetMiB: budgetMiB}
		if got := s.Connections(c.files, c.memory); got != c.want {
			t.Errorf("%s: %d connections, want %d", c.name, got, c.want)
		}
	}
}

func TestTheMemoryLimitOfAGroupIsKept(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	s := Settings{PasswordBudgetMiB: 128}
	for group, want := range map[int64]int64{math.MaxInt64: 384 << 20, 1 << 30: 384 << 20, 200 << 20: 180 << 20} {
		if got := s.TuneCollector(group); got != want {
			t.Errorf("limit in a group of %d bytes = %d, want %d", group, got, want)
		}
	}
	for group, want := range map[int64]bool{150 << 20: true, 200 << 20: false} {
		if got := s.TooSmall(group); got != want {
			t.Errorf("a group of %d bytes is too small = %t, want %t", group, got, want)
		}
	}
	s.TuneCollector(math.MaxInt64)
}

func TestHashesOutsideTheHeapLeaveItLess(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	s := Settings{PasswordBudgetMiB: 128, HashesOutside: true}
	defer s.TuneCollector(math.MaxInt64)
	for group, want := range map[int64][2]int64{math.MaxInt64: {384 << 20, 384 << 20}, 400 << 20: {360 << 20, 232 << 20}, 100 << 20: {90 << 20, 64 << 20}} {
		if all, heap := s.TuneCollector(group), debug.SetMemoryLimit(-1); all != want[0] || heap != want[1] {
			t.Errorf("in a group of %d bytes all may use %d and the heap %d, want %d", group, all, heap, want)
		}
	}
}

func TestTheBudgetOfHashesGrowsWithTheCores(t *testing.T) {
	for _, c := range []struct {
		cores int
		group int64
		want  int
	}{
		{1, math.MaxInt64, 128}, {2, math.MaxInt64, 128}, {7, math.MaxInt64, 128}, {8, math.MaxInt64, 140}, {16, math.MaxInt64, 300},
		{16, 1 << 30, 300}, {16, 512 << 20, 256}, {2, 512 << 20, 128}, {2, 200 << 20, 100}, {2, 1 << 20, 1},
	} {
		if got := PasswordBudgetMiB(c.cores, c.group); got != c.want {
			t.Errorf("%d cores in a group of %d bytes: %d MiB, want %d", c.cores, c.group, got, c.want)
		}
	}
}

func TestMemoryThatCanBeUsed(t *testing.T) {
	meminfo := func(string) ([]byte, error) { return []byte("MemTotal:       4096 kB\nMemFree: 1 kB\n"), nil }
	none := func(string) ([]byte, error) { return nil, os.ErrNotExist }
	for what, c := range map[string]struct{ group, all, want int64 }{
		"nothing known": {math.MaxInt64, total(none), 0},
		"no limit":      {math.MaxInt64, total(meminfo), 4 << 20},
		"a container":   {1 << 20, total(meminfo), 1 << 20},
		"a limit alone": {1 << 20, 0, 1 << 20},
	} {
		if got := usable(c.group, c.all); got != c.want {
			t.Errorf("%s: %d bytes, want %d", what, got, c.want)
		}
	}
}
