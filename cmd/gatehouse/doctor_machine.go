package main

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"gatehouse/config"
	"gatehouse/internal/finding"
)

// resources are what this process may use; 0 is unknown or without a limit.
type resources struct {
	files  uint64
	memory int64 // bytes
	cores  int
	// collector is GOMEMLIMIT, as it is set.
	collector string
}

// examineMachine goes by the process that doctor is, so it is to run where the server
// does, under the same limits.
func examineMachine(cfg config.Config, r resources) (found finding.List) {
	const fewFiles = 4096
	if r.files > 0 {
		found.Judge(r.files >= fewFiles, "open files", fmt.Sprintf("raise the limit (LimitNOFILE=, ulimit -n) to %d or more: each connection takes one", fewFiles), "at most %d", r.files)
	}
	found.Judge(r.cores > 1, "cores", "give the server two: hashing leaves one to everything else", "%d", r.cores)
	need := int64(cfg.PasswordBudgetMiB+restMiB) << 20
	if r.memory > 0 {
		found.Judge(r.memory >= need, "memory", fmt.Sprintf("give it %d MiB, or lower GATEHOUSE_PASSWORD_BUDGET_MIB", need>>20),
			"%d MiB are to be had, and password hashes and the rest may take %d", r.memory>>20, need>>20)
	}
	if r.collector != "" {
		limit, ok := byteCount(r.collector)
		found.Judge(!ok || limit >= need && (r.memory == 0 || limit <= r.memory), "GOMEMLIMIT",
			fmt.Sprintf("unset it, or set it between %dMiB and what the process may use", need>>20), "%s", r.collector)
	}
	return found
}

// byteCount reads a number of bytes as GOMEMLIMIT has it; "off" is none.
func byteCount(text string) (int64, bool) {
	units := []struct {
		suffix string
		shift  int
	}{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}, {"", 0}}
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.suffix); ok {
			n, err := strconv.ParseInt(number, 10, 64)
			return n << u.shift, err == nil
		}
	}
	return 0, false
}

func cores() int { return runtime.GOMAXPROCS(0) }

// usableMemory is what the control group allows, or what the machine has; 0 if that
// is not known.
func usableMemory(group, all int64) int64 {
	switch {
	case all == 0 && group == math.MaxInt64:
		return 0
	case all == 0:
		return group
	}
	return min(group, all)
}

// totalMemory is what the machine has, in bytes.
func totalMemory(read func(string) ([]byte, error)) int64 {
	text, err := read("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}
