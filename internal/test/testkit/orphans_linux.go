package testkit

import "syscall"

// NoOrphans makes a process die with the tests, however they end.
func NoOrphans() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
