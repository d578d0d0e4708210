package rescue

import (
	"os"

	"golang.org/x/sys/unix"
)

// renameToFree renames a file. It returns fs.ErrExist if the new name is taken.
func renameToFree(from, to string) error {
	if err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
