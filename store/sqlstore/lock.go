package sqlstore

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
func lockName(file string) string { return resolved(file) + ".lock" }

// resolved is the name of the file itself, behind all links; that of a file that is
// not there stays.
func resolved(file string) string {
	if name, err := filepath.EvalSymlinks(file); err == nil {
		return name
	}
	return file
}

// lock locks the name of a database: shared for who uses it, exclusive for who
// replaces it. It ends when the file is closed. Nobody waits.
func lock(file string, exclusive bool) (*os.File, error) {
	f, err := os.OpenFile(lockName(file), os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := flock(f, exclusive)
	if err == nil {
		err = likeOwner(f.Name(), file)
	}
	if err == nil && !locked {
		err = ErrInUse
	}
	if err != nil {
		return nil, closing(f, fmt.Errorf("locking %s: %w", file, err))
	}
	return f, nil
}
