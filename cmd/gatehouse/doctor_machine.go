package main

import (
	"fmt"
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

// memoryLimit is what the control group allows, or what the machine has.
func memoryLimit(read func(string) ([]byte, error)) int64 {
	limit := int64(0)
	for _, file := range []string{cgroupFile(read), "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := read(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && (limit == 0 || n < limit) {
			limit = n
		}
	}
	const unlimited = 1 << 60 // version 1 of control groups says so by a number
	if all := totalMemory(read); limit == 0 || limit > unlimited || all > 0 && all < limit {
		return all
	}
	return limit
}

// cgroupFile is the file with the limit of our own control group (version 2).
func cgroupFile(read func(string) ([]byte, error)) string {
	text, err := read("/proc/self/cgroup")
	path, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "0::")
	if err != nil || !ok {
		return ""
	}
	return "/sys/fs/cgroup" + path + "/memory.max"
}

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
