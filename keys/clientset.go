package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	maxSetBytes = 32 << 10
	maxSetKeys  = 20
)

// privateMembers are the members of a JWK that only its owner may see (RFC 7518 §6; priv:
// the type AKP of post-quantum keys).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// publicMembers make up the public keys that we understand (RFC 7518 §6, RFC 8037 §2).
var publicMembers = []string{"kty", "n", "e", "crv", "x", "y"}

// CheckClientSet decides whether a JWK Set can be registered for a client that
// signs assertions (VerifyAssertion). The error is in words for the person who
// registers the set, and repeats nothing of the keys. A private key is refused
// rather than cut down to its public half, because a client that shows it to us
// may show it to others.
func CheckClientSet(set []byte) error {
	if len(set) > maxSetBytes {
		return fmt.Errorf("it has more than %d bytes", maxSetBytes)
	}
	list, err := listOf(set)
	if err != nil {
		return err
	}
	if len(list) > maxSetKeys {
		return fmt.Errorf("it has more than %d keys", maxSetKeys)
	}
	for _, text := range list {
		// Duplicate names are refused, because one parser uses the first of two and
		// another the last.
		key, err := ParseObject(text)
		if err != nil {
			return errors.New("one of its keys cannot be read")
		}
		for _, name := range privateMembers {
			if _, ok := key[name]; ok {
				return fmt.Errorf("it has a private or a symmetric key, which nobody else may see (member %q)", name)
			}
		}
	}
	return CheckUsable(set)
}

// CheckUsable refuses a JWK Set without a key that VerifyAssertion can use.
func CheckUsable(set []byte) error {
	keys, err := parseSet(set)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if slices.ContainsFunc(ForeignAlgorithms(), func(alg string) bool { return key.public(header{Algorithm: alg}) != nil }) {
			return nil
		}
	}
	return errors.New("none of its keys can sign with one of " + strings.Join(ForeignAlgorithms(), ", "))
}

// A clientKey is one key of a client's JWK Set.
type clientKey struct {
	id, use, algorithm string
	material           map[string]json.RawMessage // publicMembers
}

// parseSet returns the keys of a JWK Set. It passes over those that are not understood,
// so that a client can add keys of other kinds (RFC 7517 §5).
func parseSet(set []byte) (keys []clientKey, err error) {
	list, err := listOf(set)
	if err != nil {
		return nil, err
	}
	for _, text := range list {
		if key, ok := parseClientKey(text); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func parseClientKey(text []byte) (k clientKey, ok bool) {
	members, err := ParseObject(text)
	if err != nil {
		return clientKey{}, false
	}
	for name, value := range map[string]*string{"kid": &k.id, "use": &k.use, "alg": &k.algorithm} {
		if given, ok := members[name]; ok && json.Unmarshal(given, value) != nil {
			return clientKey{}, false
		}
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return !slices.Contains(publicMembers, name) })
	k.material = members
	return k, true
}

// listOf returns the keys of a set as they are written.
func listOf(set []byte) (list []json.RawMessage, err error) {
	top, err := ParseObject(set)
	if err != nil || json.Unmarshal(top["keys"], &list) != nil {
		return nil, errors.New(`it is not an object with a list of keys as "keys"`)
	}
	return list, nil
}
