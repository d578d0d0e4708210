//go:build !linux

package testkit

import "syscall"

// NoOrphans keeps a Ctrl-C in the terminal from the process, which the tests stop.
func NoOrphans() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
