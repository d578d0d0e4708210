//go:build unix

package dbfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// NoFollow: the folder often belongs to a user other than root, such as the server's. A
// link that was put there must not make root create, write or give away its target.
const NoFollow = syscall.O_NOFOLLOW

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

// LikeOwner gives a file that we made the owner of another one, or, where that is not
// there, of the folder that it is to be in, if we may: what root does for a server's
// database must not keep it from the server. A file with another name as well is
// left as it is: the owner of the folder could have linked somebody else's file there.
func LikeOwner(name, of string) error {
	if os.Geteuid() != 0 {
		return nil // the file is theirs already
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
	return give(name, owner)
}

func give(name string, to *syscall.Stat_t) error {
	f, err := os.OpenFile(name, os.O_RDONLY|NoFollow, 0) //nolint:gosec // G304: we made it
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if of, ok := info.Sys().(*syscall.Stat_t); !ok || of.Nlink != 1 || !info.Mode().IsRegular() {
		return nil
	}
	return f.Chown(int(to.Uid), int(to.Gid))
}

// StrangersLink reports whether the name is a link that another user made for root to follow.
func StrangersLink(name string) bool {
	info, err := os.Lstat(name)
	if err != nil || os.Geteuid() != 0 || info.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && owner.Uid != 0
}
