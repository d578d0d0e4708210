//go:build !linux

package machine

// CPUTime returns none: only Linux counts the time of a thread.
func CPUTime() CPU { return CPU{} }
