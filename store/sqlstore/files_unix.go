//go:build unix

package sqlstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// noFollow: the folder is often its owner's who is not root, as the server is not. A
// link that was put there must not have root make, write or give away what it leads to.
const noFollow = syscall.O_NOFOLLOW

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

// likeOwner gives a file that we made the owner of another one, or, where that is not
// there, of the folder that it is to be in, if we may: what root does for a server's
// database must not keep it from the server. Where the file's name has become a link,
// it is the link that is given.
func likeOwner(name, of string) error {
	if os.Geteuid() != 0 {
		return nil // it is his already
	}
	info, err := os.Stat(of)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(of))
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	return os.Lchown(name, int(owner.Uid), int(owner.Gid))
}
