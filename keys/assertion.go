package keys

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxAssertionBytes is many times the size of a usual client assertion, and several times
// that of a usual request object.
const maxAssertionBytes = 8 << 10

// The typ headers of what clients sign. The header is optional (RFC 7519 §5.1), and a token
// that says what it is for is accepted for nothing else (RFC 8725 §3.11).
var (
	assertionTypes     = []string{"", "jwt", "client-authentication+jwt"}
	requestObjectTypes = []string{"", "jwt", "oauth-authz-req+jwt"}
)

// VerifyAssertion checks the signature of a client assertion (RFC 7523 §2.2) and
// returns its payload. keySet is the client's JWK Set (RFC 7517 §5); a key in the
// token's own header is ignored. Every refusal is ErrInvalid, and ErrMissingKey
// too if another set may have the key. The caller judges the claims.
func VerifyAssertion(keySet []byte, raw string) ([]byte, error) {
	return verifyClients(keySet, raw, assertionTypes)
}

// VerifyRequestObject is VerifyAssertion for a request object (RFC 9101 §6.2).
func VerifyRequestObject(keySet []byte, raw string) ([]byte, error) {
	return verifyClients(keySet, raw, requestObjectTypes)
}

func verifyClients(keySet []byte, raw string, types []string) ([]byte, error) {
	if len(raw) > maxAssertionBytes || strings.Count(raw, ".") != 2 {
		return nil, invalid("not a token of at most %d bytes", maxAssertionBytes)
	}
	last := strings.LastIndexByte(raw, '.')
	head, body, _ := strings.Cut(raw[:last], ".")
	h, err := clientsHeader(head, types)
	if err != nil {
		return nil, invalid("%w", err)
	}
	payload, err := decodeSegment(body)
	if err != nil {
		return nil, invalid("payload: %w", err)
	}
	signature, err := decodeSegment(raw[last+1:])
	if err != nil {
		return nil, invalid("signature: %w", err)
	}
	if err := verifyForeign(keySet, h, []byte(raw[:last]), signature); err != nil {
		return nil, invalid("%w", err)
	}
	return payload, nil
}

func clientsHeader(segment string, types []string) (header, error) {
	text, err := decodeSegment(segment)
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	members, err := headerMembers(text)
	if err != nil {
		return header{}, err
	}
	var h header
	for name, value := range map[string]*string{"alg": &h.Algorithm, "kid": &h.KeyID, "typ": &h.Type} {
		given, ok := members[name]
		if ok && (given[0] != '"' || json.Unmarshal(given, value) != nil) {
			return header{}, fmt.Errorf("header: %s is not a string", name)
		}
	}
	if slices.Contains(types, strings.TrimPrefix(strings.ToLower(h.Type), "application/")) { // RFC 7515 §4.1.9
		return h, nil
	}
	return header{}, fmt.Errorf("header: typ %.32q", h.Type)
}

// Claims returns the payload of a token without verifying it, so that the caller
// can find out whom the token claims to be from.
func Claims(raw string) ([]byte, error) {
	parts := strings.Split(raw[:min(len(raw), maxAssertionBytes)], ".")
	if len(parts) != 3 {
		return nil, invalid("%d dots, want 2", len(parts)-1)
	}
	payload, err := decodeSegment(parts[1])
	if err != nil {
		return nil, invalid("payload: %w", err)
	}
	return payload, nil
}
