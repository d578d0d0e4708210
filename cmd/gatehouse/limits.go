package main

import (
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"

	"gatehouse/config"
)

const (
	// restMiB is what a replica may need beside its password hashes: the program, what
	// is remembered of apps and tokens, requests, and connections.
	restMiB = 256
	// connectionBytes is what an idle connection with TLS keeps, rounded up: docs/operations.md.
	connectionBytes = 64 << 10
	// mostConnections is how many there are at most unless a setting says otherwise.
	mostConnections = 20000
)

// tuneCollector lets the heap, whose living part is a few MiB, triple before it is
// collected, and makes the collector work harder before it grows past what the
// password hashes may fill and a generous rest, or past nine tenths of what the
// machine's control group allows. GOGC and GOMEMLIMIT have the last word.
// It returns the limit in bytes.
func tuneCollector(cfg config.Config, group int64) int64 {
	const growthPercent = 200
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growthPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(min(int64(cfg.PasswordBudgetMiB+restMiB)<<20, group/10*9))
	}
	return debug.SetMemoryLimit(-1)
}

// tooSmall reports whether what the control group allows leaves no room for the
// settings: a flood of sign-ins would then end the process.
func tooSmall(cfg config.Config, group int64) bool {
	const leastRestMiB = 64
	return group < int64(cfg.PasswordBudgetMiB+leastRestMiB)<<20
}

// groupMemory is the least memory.max, in bytes, of the control group of this process
// and of those that it is in (Linux, cgroup v2). root is where they are mounted, and
// own what /proc/self/cgroup says.
func groupMemory(root, own string) int64 {
	least := int64(math.MaxInt64)
	_, group, found := strings.Cut(own, "0::")
	if !found {
		return least
	}
	group, _, _ = strings.Cut(group, "\n")
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		if text, err := os.ReadFile(path.Join(root, group, "memory.max")); err == nil { //nolint:gosec // G304: the system's own files
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				least = min(least, n)
			}
		}
		if group == "/" {
			return least
		}
	}
}

func ownGroupMemory() int64 {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return math.MaxInt64 // another system, or none that limits
	}
	return groupMemory("/sys/fs/cgroup", string(own))
}

// maxConnections is the setting or, without one, what the open files allow that the
// database, Redis, apps and the rest leave over, and what fits into the memory.
func maxConnections(cfg config.Config, files uint64, memory int64) int {
	if cfg.MaxConnections > 0 {
		return cfg.MaxConnections
	}
	const redis, rest = 64, 64
	room := int64(min(files, math.MaxInt32)) - int64(cfg.DatabaseConnections) - redis - rest
	fits := (memory - int64(cfg.PasswordBudgetMiB)<<20) / connectionBytes
	return int(max(16, min(room, fits, mostConnections)))
}
