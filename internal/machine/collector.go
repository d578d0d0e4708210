package machine

import (
	"os"
	"runtime/debug"
)

// restMiB is what a replica may need beside its password hashes: the program, what it
// remembers of apps and tokens, requests, and connections.
const restMiB = 256

// Need is the memory, in bytes, that password hashes and everything else may fill.
func (s Settings) Need() int64 { return mib(s.PasswordBudgetMiB + restMiB) }

// TuneCollector lets the heap, whose living part is a few MiB, triple before it is
// collected, and makes the collector work harder before it grows past what the
// password hashes may fill and a generous rest, or past nine tenths of what the
// control group of the process allows. GOGC and GOMEMLIMIT have the last word.
// It returns the limit in bytes.
func (s Settings) TuneCollector(group int64) int64 {
	const growthPercent = 200
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growthPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(min(s.Need(), group/10*9))
	}
	return debug.SetMemoryLimit(-1)
}

// TooSmall reports whether the memory that the control group allows leaves no room beside
// the password hashes: a flood of sign-ins would then end the process.
func (s Settings) TooSmall(group int64) bool {
	const leastRestMiB = 64
	return group < mib(s.PasswordBudgetMiB+leastRestMiB)
}
