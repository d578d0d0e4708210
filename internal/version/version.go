// Package version tells whether a thing is still as it was shown, so that nobody overwrites
// what they have not seen (RFC 9110 §13.1.1, If-Match).
package version

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// A Tag stands for a thing as it was at one moment. Empty, it stands for the thing however
// it is.
type Tag string

// ErrChanged refuses a change of a thing that has changed since it was shown.
var ErrChanged = errors.New("changed since it was shown")

// Of returns the tag of a thing that can be written as JSON.
func Of(thing any) (Tag, error) {
	text, err := json.Marshal(thing)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return Tag(base64.RawURLEncoding.EncodeToString(sum[:16])), nil
}

// Check returns ErrChanged if the tag is not that of the thing as it is now. The caller
// has locked the thing.
func (t Tag) Check(now any) error {
	if t == "" {
		return nil
	}
	is, err := Of(now)
	if err == nil && is != t {
		return ErrChanged
	}
	return err
}
