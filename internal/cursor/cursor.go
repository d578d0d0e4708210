// Package cursor makes the marks that lead from one page of a list to the next.
// A mark is signed, so that one who edits it, or carries it to another list or
// another filter, is refused before anything of it reaches a query.
package cursor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ErrForged: the mark was not made here, or not for this list and filter.
var ErrForged = errors.New("cursor: not one of ours")

// macBytes is half a SHA-256: 128 bits are beyond guessing, and the URL stays short.
const macBytes = 16

// A Sealer makes and opens marks. Keys are derived for nothing else: marks are made
// with the first, and opened with any.
type Sealer struct{ Keys func() [][32]byte }

// Fixed is for a Sealer whose key is always the same.
func Fixed(key [32]byte) func() [][32]byte {
	return func() [][32]byte { return [][32]byte{key} }
}

// Seal returns a mark for the position, good for the list and filter that bind
// describes and for no other.
func (s Sealer) Seal(bind string, position any) (string, error) {
	payload, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(mac(s.Keys()[0], bind, payload), payload...)), nil
}

// Open reads into position the mark that Seal made with the same bind, or
// returns ErrForged.
func (s Sealer) Open(bind, mark string, position any) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(mark)
	if err != nil || len(raw) < macBytes {
		return ErrForged
	}
	if !slices.ContainsFunc(s.Keys(), func(key [32]byte) bool { return hmac.Equal(raw[:macBytes], mac(key, bind, raw[macBytes:])) }) {
		return ErrForged
	}
	if err := json.Unmarshal(raw[macBytes:], position); err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	return nil
}

// mac separates bind from payload by hashing bind first: no text can be moved
// from one to the other.
func mac(key [32]byte, bind string, payload []byte) []byte {
	of := sha256.Sum256([]byte(bind))
	m := hmac.New(sha256.New, key[:])
	m.Write(of[:])
	m.Write(payload)
	return m.Sum(nil)[:macBytes]
}
