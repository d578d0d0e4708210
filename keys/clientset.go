package keys

import (
	"encoding/json"
	"errors"
	"fmt"
)

const (
	maxSetBytes = 32 << 10
	maxSetKeys  = 20
)

// privateMembers are the members of a JWK that only its owner may see (RFC 7518 §6).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// CheckClientSet decides whether a JWK Set can be registered for a client that
// signs assertions (VerifyAssertion). The error is in words for the person who
// registers the set, and repeats nothing of the keys. A private key is refused
// rather than cut down to its public half, because a client that shows it to us
// may show it to others.
func CheckClientSet(set []byte) error {
	if len(set) > maxSetBytes {
		return fmt.Errorf("it has more than %d bytes", maxSetBytes)
	}
	keys, err := membersOf(set)
	if err != nil {
		return err
	}
	if len(keys) > maxSetKeys {
		return fmt.Errorf("it has more than %d keys", maxSetKeys)
	}
	for _, key := range keys {
		for _, name := range privateMembers {
			if _, ok := key[name]; ok {
				return fmt.Errorf("it has a private or a symmetric key, which nobody else may see (member %q)", name)
			}
		}
	}
	usable, err := countUsable(set)
	if err != nil {
		return errors.New("one of its keys cannot be read")
	}
	if usable == 0 {
		return errors.New("none of its keys can sign with RS256, PS256, ES256 or EdDSA")
	}
	return nil
}

// membersOf returns the members of each key in a set. It refuses duplicate names,
// because one parser uses the first of two and another the last.
func membersOf(set []byte) (keys []map[string]json.RawMessage, err error) {
	var list []json.RawMessage
	top, err := ParseObject(set)
	if err != nil || json.Unmarshal(top["keys"], &list) != nil {
		return nil, errors.New(`it is not an object with a list of keys as "keys"`)
	}
	for _, text := range list {
		key, err := ParseObject(text)
		if err != nil {
			return nil, errors.New("one of its keys cannot be read")
		}
		keys = append(keys, key)
	}
	return keys, nil
}
