package keys

import (
	"encoding/json"
	"errors"
	"strings"
)

// ErrNotJWS says that a text does not have the form of a signed token (RFC 7515 §7.1).
var ErrNotJWS = errors.New("keys: not a signed token")

// A Claimed is what a token says of itself. Nothing in it is proved: see Ring.Verify.
type Claimed struct {
	Header, Payload map[string]json.RawMessage
}

// Peek reads a token without verifying it, for people who want to know what is in it. It is
// as strict about the form as Ring.Verify, and reads headers with any algorithm.
func Peek(raw string) (Claimed, error) {
	segments := strings.Split(raw, ".")
	if len(raw) > maxTokenBytes || len(segments) != 3 {
		return Claimed{}, ErrNotJWS
	}
	header, err := peekObject(segments[0])
	if err != nil {
		return Claimed{}, err
	}
	payload, err := peekObject(segments[1])
	if err != nil {
		return Claimed{}, err
	}
	return Claimed{header, payload}, nil
}

func peekObject(segment string) (map[string]json.RawMessage, error) {
	text, err := decodeSegment(segment)
	if err != nil {
		return nil, ErrNotJWS
	}
	members, err := ParseObject(text)
	if err != nil {
		return nil, ErrNotJWS
	}
	return members, nil
}
