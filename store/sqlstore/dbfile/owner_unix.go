//go:build unix

package dbfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// NoFollow makes opening a link fail. The folder often belongs to a user other than
// root, such as the server's. A link there must not make root create, write or give
// away its target.
const NoFollow = syscall.O_NOFOLLOW

// flock takes a lock without waiting. The lock ends with the process, however that
// ends, and does not conflict with SQLite's own locks.
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
			return true, nil // the file system has no such locks; SQLite's own still work
		default:
			return err == nil, err
		}
	}
}

// LikeOwner gives a file that we made the owner of another file or, if that is missing,
// of its folder. It does so only if we may: a file that root makes for the server's
// database must stay open to the server. A file with more than one name is left as it
// is, since the owner of the folder could have linked another user's file there.
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
