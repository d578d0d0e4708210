//go:build !linux

package interop_test

import "syscall"

// noOrphans keeps a Ctrl-C in the terminal to the tests, which stop the servers.
func noOrphans() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
