//go:build !linux

package rescue

import "errors"

// renameToFree: renaming overwrites.
func renameToFree(string, string) error { return errors.ErrUnsupported }
