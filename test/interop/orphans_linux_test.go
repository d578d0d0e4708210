package interop_test

import "syscall"

// noOrphans lets a server die with the tests, however they end.
func noOrphans() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
