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
)

// ErrForged: the mark was not made here, or not for this list and filter.
var ErrForged = errors.New("cursor: not one of ours")

// macBytes is half a SHA-256: 128 bits are beyond guessing, and the URL stays short.
const macBytes = 16

// A Sealer makes and opens marks. Key is derived for nothing else.
type Sealer struct{ Key [32]byte }

// Seal returns a mark for the position, good for the list and filter that bind
// describes and for no other.
func (s Sealer) Seal(bind string, position any) (string, error) {
	payload, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(s.mac(bind, payload), payload...)), nil
}

// Open reads into position the mark that Seal made with the same bind, or
// returns ErrForged.
func (s Sealer) Open(bind, mark string, position any) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(mark)
	if err != nil || len(raw) < macBytes {
		return ErrForged
	}
	if !hmac.Equal(raw[:macBytes], s.mac(bind, raw[macBytes:])) {
		return ErrForged
	}
	if err := json.Unmarshal(raw[macBytes:], position); err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	return nil
}

// mac separates bind from payload by hashing bind first: no text can be moved
// from one to the other.
func (s Sealer) mac(bind string, payload []byte) []byte {
	of := sha256.Sum256([]byte(bind))
	m := hmac.New(sha256.New, s.Key[:])
	m.Write(of[:])
	m.Write(payload)
	return m.Sum(nil)[:macBytes]
}
