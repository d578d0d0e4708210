package store

import (
	"errors"
	"strings"
)

var (
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("store: not found")

	// ErrConflict: a record with this key is there already.
	ErrConflict = errors.New("store: conflict")

	// ErrUnavailable: the back-end could not be asked, or did not answer in time.
	// What was to be done may or may not have been done. It is wrapped round the
	// driver's error.
	ErrUnavailable = errors.New("store: back-end unavailable")
)

// A NameTaken refuses a username or e-mail address that somebody has, in any
// spelling, as either of the two. It is an ErrConflict.
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
