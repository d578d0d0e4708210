// Package dbfile keeps the file of an embedded database: one process at a time
// replaces it, and it belongs to the user that is to use it.
package dbfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrInUse says that another process has the database file open.
var ErrInUse = errors.New("the database is in use")

// lockName is the file whose lock tells that a database is in use. It is not the
// database's own, which gives its name to another when a backup is put in place:
// a process that waits must not hold on to the file that was replaced. A database has
// one lock, by whichever link it is opened.
func lockName(file string) string { return Resolved(file) + ".lock" }

// Resolved is the name of the file itself, behind all links; that of a file that is
// not there stays.
func Resolved(file string) string {
	if name, err := filepath.EvalSymlinks(file); err == nil {
		return name
	}
	return file
}

// Lock locks the name of a database: shared to use it, exclusive to replace it. The lock
// ends when the file is closed. Lock does not wait.
func Lock(file string, exclusive bool) (*os.File, error) {
	f, err := os.OpenFile(lockName(file), os.O_RDWR|os.O_CREATE|NoFollow, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := flock(f, exclusive)
	if err == nil {
		err = LikeOwner(f.Name(), file)
	}
	if err == nil && !locked {
		err = ErrInUse
	}
	if err != nil {
		_ = f.Close() // err is what matters
		return nil, fmt.Errorf("locking %s: %w", file, err)
	}
	return f, nil
}
