package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A header is what counts of a JOSE header. The order is that of our tokens.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// parseHeader reads a JOSE header. Member names must be unique (RFC 7515 §4) and
// are compared as they are; encoding/json by itself would take the last of two
// and "ALG" for "alg". Members that bring or name a key (jwk, jku, x5u, x5c) are
// ignored like every one that is not known here: only the ring has keys
// (RFC 8725 §3.10).
func parseHeader(text []byte) (header, error) {
	members, err := parseObject(text)
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	if _, ok := members["crit"]; ok {
		return header{}, errors.New("header: crit names an extension, and none is understood") // RFC 7515 §4.1.11
	}
	var h header
	for name, value := range map[string]*string{"alg": &h.Algorithm, "kid": &h.KeyID, "typ": &h.Type} {
		if raw := members[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, value) != nil || *value == "" {
			return header{}, fmt.Errorf("header: %s is missing or not a string", name)
		}
	}
	return h, nil
}

// parseObject reads one JSON object whose member names are unique.
func parseObject(text []byte) (map[string]json.RawMessage, error) {
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
