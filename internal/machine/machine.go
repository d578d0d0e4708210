// Package machine finds out how much of the machine this process may use, and adapts the
// garbage collector and the number of connections to it.
package machine

import (
	"math"
	"os"
	"runtime"
)

// Resources are what this process may use; 0 means unknown or unlimited.
type Resources struct {
	Files  uint64
	Memory int64 // bytes
	Cores  int
	// Collector is the value of GOMEMLIMIT in the environment.
	Collector string
}

// Available returns the resources of this process.
func Available() Resources {
	return Resources{
		Files: OpenFiles(), Memory: usable(GroupMemory(), total(os.ReadFile)),
		Cores: runtime.GOMAXPROCS(0), Collector: os.Getenv("GOMEMLIMIT"),
	}
}

const (
	// connectionBytes is the memory of an idle connection with TLS, rounded up (docs/operations.md).
	connectionBytes = 64 << 10
	// mostConnections is the upper bound unless a setting says otherwise.
	mostConnections = 20000
	// leastConnections is the lower bound, so that the server answers at all.
	leastConnections = 16
)

// Settings are the settings that determine what the server needs.
type Settings struct {
	MaxConnections      int // 0: as many as fit
	DatabaseConnections int
	PasswordBudgetMiB   int
	// HashesOutside says that password hashes are computed outside Go's heap.
	HashesOutside bool
}

// PasswordBudgetMiB returns the budget of password hashes for a process with that many
// cores, and whose control group allows group bytes: enough for one hash of the default
// cost, 19 MiB, on each core but one, and at least for Django's, 100 MiB. One half of the
// group is left to everything else.
func PasswordBudgetMiB(cores int, group int64) int {
	const least, each = 128, 20
	half := int(min(group>>20/2, math.MaxInt32))
	return max(1, min(max(least, each*(cores-1)), half))
}

// Connections returns how many connections the server may hold: the setting or, without
// one, as many as fit. Files are also needed for the database, Redis, requests to clients
// and the rest; memory, in bytes, also for the password hashes.
func (s Settings) Connections(files uint64, memory int64) int {
	if s.MaxConnections > 0 {
		return s.MaxConnections
	}
	const redis, rest = 64, 64
	room := int64(min(files, math.MaxInt32)) - int64(s.DatabaseConnections) - redis - rest
	fits := (memory - mib(s.PasswordBudgetMiB)) / connectionBytes
	return int(max(leastConnections, min(room, fits, mostConnections)))
}

func mib(n int) int64 { return int64(n) << 20 }
