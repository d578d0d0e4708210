//go:build !linux

package argon2

const outside = false

// allocate returns n blocks on Go's heap.
func allocate(n int) []block { return make([]block, n) }

// release leaves the blocks to the collector.
func release([]block) {}
