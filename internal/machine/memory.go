package machine

import (
	"fmt"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// GroupMemory returns how much memory the control groups of this process allow, in bytes;
// math.MaxInt64 if they do not set a limit.
func GroupMemory() int64 {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return math.MaxInt64 // not Linux, or no control groups
	}
	return groupMemory("/sys/fs/cgroup", string(own))
}

// groupMemory returns the lowest memory.max, in bytes, among the control group of this
// process and those that contain it (Linux, cgroup v2). They are mounted at root; own is
// the content of /proc/self/cgroup.
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

// usable returns what the control group allows or, without a limit, all of the machine's
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

// total returns the memory of the machine, in bytes; 0 if unknown.
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
