package dbfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes the file if it does not exist, readable only by its owner. SQLite gives
// its log the same mode and owner.
func Create(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the operator names the file
	if errors.Is(err, fs.ErrExist) {
		missing := os.O_CREATE // a link may lead to a file that does not exist yet
		if StrangersLink(file) {
			missing = 0
		}
		f, err = os.OpenFile(file, os.O_RDWR|missing, 0o600) //nolint:gosec // G304: as above
	} else if err == nil {
		err = LikeOwner(file, filepath.Dir(file))
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Alone returns an error if there is a log beside the file, which means that it is in use.
func Alone(file string) error {
	for _, end := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(file + end); !errors.Is(err, fs.ErrNotExist) {
			return cmp.Or(err, errors.New("another process has begun to use the database"))
		}
	}
	return nil
}

// Same returns a check that the name still leads to the same file. SQLite itself
// keeps writing to a file that has lost its name.
func Same(file string) func() error {
	opened, err := os.Stat(file)
	return func() error {
		if err != nil {
			return err
		}
		now, err := os.Stat(file)
		if err == nil && !os.SameFile(opened, now) {
			err = errors.New("the database file was replaced")
		}
		return err
	}
}
