package keys

import (
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// rs256 is what Gatehouse uses of jwx: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518
// §3.3); keySet below is the rest. Version 2 gets no more fixes, so no other file
// imports it but a test.
//
// Its two primitives are called rather than jws.Sign and jws.Verify. Those build
// and parse headers with some 150 allocations each, and read more of a
// stranger's token than we accept: JSON serialisation, keys in headers, base64
// in other spellings. Package keys reads tokens itself, strictly (header.go), and
// asks jwx one question: is this signature that key's. Keys are raw, never
// jwk.Key, which would be converted for each signature (13 % more).
type rs256 struct {
	signer   jws.Signer
	verifier jws.Verifier
}

func newRS256() (rs256, error) {
	signer, err := jws.NewSigner(jwa.RS256)
	if err != nil {
		return rs256{}, err
	}
	verifier, err := jws.NewVerifier(jwa.RS256)
	return rs256{signer, verifier}, err
}

func (a rs256) sign(input []byte, key crypto.Signer) ([]byte, error) {
	return a.signer.Sign(input, key)
}

func (a rs256) verify(input, signature []byte, key *rsa.PublicKey) error {
	return a.verifier.Verify(input, signature, key)
}

// keySet encodes the public halves as a JWK Set (RFC 7517 §5).
func keySet(keys []*key) ([]byte, error) {
	set := jwk.NewSet()
	for _, k := range keys {
		public, err := jwk.FromRaw(k.public)
		if err != nil {
			return nil, fmt.Errorf("encoding key %s: %w", k.ID, err)
		}
		for name, value := range map[string]any{jwk.KeyIDKey: k.ID, jwk.AlgorithmKey: jwa.RS256, jwk.KeyUsageKey: jwk.ForSignature} {
			if err := public.Set(name, value); err != nil {
				return nil, fmt.Errorf("encoding key %s: %w", k.ID, err)
			}
		}
		if err := set.AddKey(public); err != nil {
			return nil, fmt.Errorf("encoding key %s: %w", k.ID, err)
		}
	}
	return json.Marshal(set)
}
