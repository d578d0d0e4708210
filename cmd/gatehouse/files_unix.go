//go:build unix

package main

import "syscall"

// openFiles is how many files and connections a process may have; the Go runtime has
// raised the limit as far as it may.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return limit.Cur
}
