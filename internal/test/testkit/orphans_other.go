//go:build !linux

package testkit

import "syscall"

// NoOrphans keeps a Ctrl-C in the terminal to the tests, which stop the process.
func NoOrphans() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
