package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"gatehouse/config"
)

func TestTheLeastOfTheControlGroupsCounts(t *testing.T) {
	root := t.TempDir()
	for group, limit := range map[string]string{"": "", "system.slice": "1073741824\n", "system.slice/gatehouse.service": "max\n", "small": "1000\n"} {
		if err := os.MkdirAll(filepath.Join(root, group), 0o755); err != nil {
			t.Fatalf("making the folder: %v", err)
		}
		if limit == "" {
			continue // the topmost has none
		}
		if err := os.WriteFile(filepath.Join(root, group, "memory.max"), []byte(limit), 0o600); err != nil {
			t.Fatalf("writing the file: %v", err)
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
			t.Errorf("%q: %d, want %d", own, got, want)
		}
	}
}

func TestHowManyConnections(t *testing.T) {
	for _, c := range []struct {
		name    string
		setting int
		files   uint64
		memory  int64
		want    int
	}{
		{"as set", 7, 20, 1 << 20, 7},
		{"by the files", 0, 1024, 1 << 30, 1024 - 32 - 128},
		{"by the memory", 0, 1 << 20, 384 << 20, 256 << 20 / connectionBytes},
		{"no limits", 0, math.MaxUint64, math.MaxInt64, mostConnections},
		{"next to nothing", 0, 64, 1 << 20, 16},
	} {
		cfg := config.Default()
		cfg.MaxConnections = c.setting
		if got := maxConnections(cfg, c.files, c.memory); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestTheMemoryLimitOfAGroupIsKept(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	cfg := config.Default()
	for group, want := range map[int64]int64{math.MaxInt64: 384 << 20, 1 << 30: 384 << 20, 200 << 20: 180 << 20} {
		if got := tuneCollector(cfg, group); got != want {
			t.Errorf("of %d: %d, want %d", group, got, want)
		}
	}
	if !tooSmall(cfg, 150<<20) || tooSmall(cfg, 200<<20) {
		t.Error("how much is too little")
	}
	tuneCollector(cfg, math.MaxInt64)
}
