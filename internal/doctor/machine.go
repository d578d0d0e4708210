package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/finding"
	"gatehouse/internal/machine"
)

// Machine judges whether the resources of this process suffice for the settings. It must
// run where the server does, under the same limits.
func Machine(s machine.Settings, r machine.Resources) (found finding.List) {
	const fewFiles = 4096
	if r.Files > 0 {
		found.Judge(r.Files >= fewFiles, "open files", fmt.Sprintf("raise the limit (LimitNOFILE=, ulimit -n) to %d or more: each connection takes one", fewFiles), "at most %d", r.Files)
	}
	found.Judge(r.Cores > 1, "cores", "give the server two: password hashing leaves one to everything else", "%d", r.Cores)
	need := s.Need()
	if r.Memory > 0 {
		found.Judge(r.Memory >= need, "memory", fmt.Sprintf("give it %d MiB, or lower GATEHOUSE_PASSWORD_BUDGET_MIB", need>>20),
			"%d MiB are available, and password hashes and the rest may need %d", r.Memory>>20, need>>20)
	}
	if r.Collector != "" {
		limit, ok := byteCount(r.Collector)
		found.Judge(!ok || limit >= need && (r.Memory == 0 || limit <= r.Memory), "GOMEMLIMIT",
			fmt.Sprintf("unset it, or set it between %dMiB and what the process may use", need>>20), "%s", r.Collector)
	}
	return found
}

// byteCount parses a number of bytes as GOMEMLIMIT writes it. It refuses "off".
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
