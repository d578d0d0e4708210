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

// privateMembers are those of a JWK that its owner alone may have (RFC 7518 §6).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// CheckClientSet decides whether a JWK Set can be registered for a client that is
// to sign its assertions (VerifyAssertion). The error is in words for who registers
// it, and repeats nothing of the keys. A private key is refused rather than cut
// down to its public half: who has shown it to us may show it to others.
func CheckClientSet(set []byte) error {
	if len(set) > maxSetBytes {
		return fmt.Errorf("it has more than %d bytes", maxSetBytes)
	}
	var top map[string]json.RawMessage
	var keys []map[string]json.RawMessage
	if json.Unmarshal(set, &top) != nil || json.Unmarshal(top["keys"], &keys) != nil {
		return errors.New(`it is not an object with a list of keys as "keys"`)
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
