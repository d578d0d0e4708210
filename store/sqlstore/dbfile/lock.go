// Package dbfile guards the file of an embedded database: only one process at a time
// can replace it, and it belongs to the operating-system user who runs the server.
package dbfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrInUse means that another process has the database file open.
var ErrInUse = errors.New("the database is in use")

// lockName returns the file whose lock shows that a database is in use. It is not the
// database file, which loses its name when a backup replaces it: a process that waits
// must not lock the replaced file. A database has one lock, whatever link leads to it.
func lockName(file string) string { return Resolved(file) + ".lock" }

// Resolved returns the name of the file behind all links. The name of a missing file
// stays as it is.
func Resolved(file string) string {
	if name, err := filepath.EvalSymlinks(file); err == nil {
		return name
	}
	return file
}

// Lock locks the name of a database, shared to use it or exclusive to replace it. It
// does not wait: it returns ErrInUse. The lock ends when the returned file is closed.
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
		_ = f.Close() // err matters more
		return nil, fmt.Errorf("locking %s: %w", file, err)
	}
	return f, nil
}
