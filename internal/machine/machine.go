// Package machine says what this process may use of the machine it runs on, and fits
// the garbage collector and the number of connections to it.
package machine

import (
	"math"
	"os"
	"runtime"
)

// Resources are what this process may use; 0 is unknown or without a limit.
type Resources struct {
	Files  uint64
	Memory int64 // bytes
	Cores  int
	// Collector is GOMEMLIMIT as the environment has it.
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
	// connectionBytes is what an idle connection with TLS keeps, rounded up: docs/operations.md.
	connectionBytes = 64 << 10
	// mostConnections is how many there are at most unless a setting says otherwise.
	mostConnections = 20000
	// leastConnections is how many there are at least, so that the server answers at all.
	leastConnections = 16
)

// Settings are those that say what the machine has to hold.
type Settings struct {
	MaxConnections      int // 0: as many as Connections finds room for
	DatabaseConnections int
	PasswordBudgetMiB   int
}

// Connections is how many connections the server may hold: the setting or, without one,
// as many as the open files allow beside those that the database, Redis, apps and the
// rest take, and as fit into the memory (in bytes) beside the password hashes.
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
