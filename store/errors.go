package store

import (
	"errors"
	"strings"
)

var (
	// ErrNotFound means that the record does not exist.
	ErrNotFound = errors.New("store: not found")

	// ErrConflict means that a record with this key exists already.
	ErrConflict = errors.New("store: conflict")

	// ErrUnavailable means that the back-end could not be reached or did not answer
	// in time. The change may or may not have been made. It wraps the driver's error.
	ErrUnavailable = errors.New("store: back-end unavailable")
)

// A NameTaken refuses a username or e-mail address that another person uses as
// either of the two, in any spelling. It is an ErrConflict.
type NameTaken struct{ Username, Email bool }

func (e *NameTaken) Error() string {
	var which []string
	if e.Username {
		which = append(which, "username")
	}
	if e.Email {
		which = append(which, "email")
	}
	return "store: name taken: " + strings.Join(which, ", ")
}

// Is makes a NameTaken an ErrConflict.
func (e *NameTaken) Is(target error) bool { return target == ErrConflict }
