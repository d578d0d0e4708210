// Package cursor makes the marks that lead from one page of a list to the next. A mark is
// authenticated, so an edited mark, or one from another list or filter, is refused before
// any of it reaches a query.
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

// ErrForged says that a mark was not made here, or not for this list and filter.
var ErrForged = errors.New("cursor: not one of ours")

// macBytes is half of SHA-256: 128 bits cannot be guessed, and the URL stays short.
const macBytes = 16

// A Sealer makes and opens marks. It makes them with the first of Keys and opens them with
// any. The keys serve no other purpose.
type Sealer struct{ Keys func() [][32]byte }

// Fixed returns the Keys of a Sealer with one key that never changes.
func Fixed(key [32]byte) func() [][32]byte {
	return func() [][32]byte { return [][32]byte{key} }
}

// Seal returns a mark for the position. It is valid only for the list and filter that bind
// describes.
func (s Sealer) Seal(bind string, position any) (string, error) {
	payload, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(mac(s.Keys()[0], bind, payload), payload...)), nil
}

// Open decodes into position a mark that Seal made with the same bind, or returns ErrForged.
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

// mac returns the authentication code of bind and payload. It hashes bind first, so that
// text cannot be moved from one to the other.
func mac(key [32]byte, bind string, payload []byte) []byte {
	of := sha256.Sum256([]byte(bind))
	m := hmac.New(sha256.New, key[:])
	m.Write(of[:])
	m.Write(payload)
	return m.Sum(nil)[:macBytes]
}
