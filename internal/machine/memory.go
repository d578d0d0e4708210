package machine

import (
	"fmt"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// GroupMemory is what the control groups of this process allow it, in bytes, and
// math.MaxInt64 where they set no limit.
func GroupMemory() int64 {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return math.MaxInt64 // another system, or none that limits
	}
	return groupMemory("/sys/fs/cgroup", string(own))
}

// groupMemory is the least memory.max, in bytes, of the control group of this process
// and of those that contain it (Linux, cgroup v2). They are mounted at root; own is the
// content of /proc/self/cgroup.
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

// usable is what the control group allows or, without a limit, all of the machine's
// memory; 0 if neither is known.
func usable(group, all int64) int64 {
	switch {
	case all == 0 && group == math.MaxInt64:
		return 0
	case all == 0:
		return group
	}
	return min(group, all)
}

// total is the memory of the machine, in bytes; 0 if it is not known.
func total(read func(string) ([]byte, error)) int64 {
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
