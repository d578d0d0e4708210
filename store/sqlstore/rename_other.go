//go:build !linux

package sqlstore

import "errors"

// renameToFree: renaming overwrites.
func renameToFree(string, string) error { return errors.ErrUnsupported }
