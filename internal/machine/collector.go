package machine

import (
	"os"
	"runtime/debug"
)

// restMiB is the memory that a replica may need besides its password hashes: for the
// program, its caches of clients and tokens, requests and connections.
const restMiB = 256

// Need returns the memory, in bytes, that password hashes and everything else may use.
func (s Settings) Need() int64 { return mib(s.PasswordBudgetMiB + restMiB) }

// TuneCollector sets up the garbage collector. The heap, whose live part is a few MiB, may
// triple before a collection. The collector works harder before the heap exceeds Need or
// nine tenths of group, which is what the control group of the process allows, in bytes;
// room in it for hashes outside the heap comes off. GOGC and GOMEMLIMIT take precedence.
// TuneCollector returns how much all together may use, in bytes.
func (s Settings) TuneCollector(group int64) int64 {
	const growthPercent = 200
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growthPercent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return debug.SetMemoryLimit(-1)
	}
	all, heap := group/10*9, group/10*9
	if s.HashesOutside {
		heap = max(heap-mib(s.PasswordBudgetMiB), mib(leastRestMiB))
	}
	debug.SetMemoryLimit(min(s.Need(), heap))
	return min(s.Need(), all)
}

// leastRestMiB is the least memory besides the password hashes with which a server works.
const leastRestMiB = 64

// TooSmall reports whether the memory that the control group allows, in bytes, is used up
// by the password hashes: a flood of sign-ins would then end the process.
func (s Settings) TooSmall(group int64) bool {
	return group < mib(s.PasswordBudgetMiB+leastRestMiB)
}
