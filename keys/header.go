package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A header holds the members of a JOSE header that count here, in the order in
// which our tokens have them.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// parseHeader reads a JOSE header. Member names must be unique (RFC 7515 §4) and
// are compared exactly; encoding/json on its own would use the last of two, and
// treat "ALG" as "alg". Members that carry or name a key (jwk, jku, x5u, x5c) are
// ignored like every other unknown member: keys come from the ring alone
// (RFC 8725 §3.10).
func parseHeader(text []byte) (header, error) {
	members, err := headerMembers(text)
	if err != nil {
		return header{}, err
	}
	var h header
	for name, value := range map[string]*string{"alg": &h.Algorithm, "kid": &h.KeyID, "typ": &h.Type} {
		if raw := members[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, value) != nil || *value == "" {
			return header{}, fmt.Errorf("header: %s is missing or not a string", name)
		}
	}
	return h, nil
}

// headerMembers reads the members of a JOSE header. It refuses crit, which names
// extensions that the recipient must understand (RFC 7515 §4.1.11).
func headerMembers(text []byte) (map[string]json.RawMessage, error) {
	members, err := ParseObject(text)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if _, ok := members["crit"]; ok {
		return nil, errors.New("header: crit names an extension, and none is understood")
	}
	return members, nil
}

// ParseObject reads one JSON object whose member names are unique. The caller compares
// them exactly (RFC 7519 §4, §10.1.1). The text must be UTF-8 (RFC 8259 §8.1), which
// encoding/json on its own would mend.
func ParseObject(text []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	members := make(map[string]json.RawMessage, 4)
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, errors.New("not JSON")
		}
		if _, twice := members[name.(string)]; twice {
			return nil, fmt.Errorf("member %.32q occurs twice", name)
		}
		members[name.(string)] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return members, nil
}
