// Package dbfile keeps the file of an embedded database: one process at a time
// replaces it, and it belongs to the one who is to use it.
package dbfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrInUse says that somebody has the database file open.
var ErrInUse = errors.New("the database is in use")

// lockName is the file whose lock tells that a database is in use. It is not the
// database's own, which gives its name to another when a backup is put in place:
// who waits for that must not hold on to the one that was replaced. Whichever link
// leads to a database, it has one lock.
func lockName(file string) string { return Resolved(file) + ".lock" }

// Resolved is the name of the file itself, behind all links; that of a file that is
// not there stays.
func Resolved(file string) string {
	if name, err := filepath.EvalSymlinks(file); err == nil {
		return name
	}
	return file
}

// Lock locks the name of a database: shared for who uses it, exclusive for who
// replaces it. It ends when the file is closed. Nobody waits.
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
