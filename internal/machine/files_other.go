//go:build !unix

package machine

import "math"

// OpenFiles returns how many files this process may have open.
func OpenFiles() uint64 { return math.MaxInt32 }
