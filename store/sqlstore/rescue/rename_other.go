//go:build !linux

package rescue

import "errors"

// renameToFree is not supported, because a rename here overwrites.
func renameToFree(string, string) error { return errors.ErrUnsupported }
