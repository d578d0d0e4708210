//go:build unix

package machine

import (
	"math"
	"syscall"
)

// OpenFiles returns how many files this process may have open. The Go runtime has already
// raised the limit as far as possible.
func OpenFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on FreeBSD
}
