//go:build unix

package sqlstore

import (
	"errors"
	"os"
	"syscall"
)

// flock takes a lock that ends with the process, however it ends, without waiting.
// SQLite's own locks do not meet it.
func flock(f *os.File, exclusive bool) (bool, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOLCK):
			return true, nil // a file system without locks; SQLite's own still tell
		default:
			return err == nil, err
		}
	}
}
