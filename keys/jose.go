package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"gatehouse/keys/openssl"
	"gatehouse/store"
)

// A primitive signs and verifies with one algorithm (RFC 7518 §3.1, RFC 8037 §3.1), by
// jwx. Version 2 of jwx gets no more fixes, so no other file imports it but a test.
//
// It calls the two primitives rather than jws.Sign and jws.Verify. Those build and
// parse headers with about 150 allocations each, and accept more of a stranger's
// token than we do: JSON serialisation, keys in headers, other spellings of base64.
// Package keys parses tokens itself, strictly (header.go), and asks jwx only
// whether a key made a signature. Keys are raw rather than jwk.Key, which jwx would
// convert for each signature (13 % more time).
type primitive struct {
	signer   jws.Signer
	verifier jws.Verifier
	// rsa is how a digest by SHA-256 is signed; nil for keys of other kinds.
	rsa crypto.SignerOpts
}

// rsaOptions are those of RFC 7518 §3.3 and §3.5.
var rsaOptions = map[string]crypto.SignerOpts{
	store.RS256: crypto.SHA256, store.PS256: &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash},
}

// newPrimitives returns the primitives of our own keys, by algorithm.
func newPrimitives() (map[string]primitive, error) {
	all := map[string]primitive{}
	for _, name := range store.SigningAlgorithms() {
		signer, err := jws.NewSigner(jwa.SignatureAlgorithm(canonical(name)))
		if err != nil {
			return nil, err
		}
		verifier, err := jws.NewVerifier(jwa.SignatureAlgorithm(canonical(name)))
		if err != nil {
			return nil, err
		}
		all[name] = primitive{signer, verifier, rsaOptions[name]}
	}
	return all, nil
}

func (a primitive) sign(input []byte, key crypto.Signer) ([]byte, error) {
	return a.signer.Sign(input, key)
}

// verify asks OpenSSL first where it has the key. What OpenSSL does not accept is checked
// again by crypto/rsa, so that a failure of the library never refuses a good token.
func (a primitive) verify(input, signature []byte, key *pair) error {
	if fast, ok := key.signer.(openssl.Signer); ok && a.rsa != nil {
		digest := sha256.Sum256(input)
		if fast.Verify(digest[:], signature, a.rsa) == nil {
			return nil
		}
	}
	return a.verifier.Verify(input, signature, key.public)
}

// keySet encodes the public halves as a JWK Set (RFC 7517 §5).
func keySet(keys []*key) ([]byte, error) {
	set := jwk.NewSet()
	for _, k := range keys {
		public, err := jwk.FromRaw(k.public)
		if err != nil {
			return nil, fmt.Errorf("encoding key %s: %w", k.ID, err)
		}
		for name, value := range map[string]any{jwk.KeyIDKey: k.ID, jwk.AlgorithmKey: jwa.SignatureAlgorithm(k.Algorithm), jwk.KeyUsageKey: jwk.ForSignature} {
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

// ErrMissingKey says that the set lacks the key of an assertion: none has its kid or, if it
// names none, none has signed it. The client may have added the key since the set was read.
var ErrMissingKey = errors.New("no registered key fits it")

// verifyForeign checks a signature with the keys of a JWK Set. The algorithm must
// be one of ForeignAlgorithms, and the key must fit it (RFC 8725 §3.1), so an RSA
// key never serves as the secret of an HMAC.
func verifyForeign(set []byte, h header, input, signature []byte) error {
	if !slices.Contains(ForeignAlgorithms(), h.Algorithm) {
		return fmt.Errorf("alg %.32q", h.Algorithm)
	}
	verifier, err := jws.NewVerifier(jwa.SignatureAlgorithm(canonical(h.Algorithm)))
	if err != nil {
		return err
	}
	keys, err := parseSet(set)
	if err != nil {
		return errors.New("the registered keys cannot be read")
	}
	tried := 0
	for _, candidate := range keys {
		public := candidate.public(h)
		if public == nil {
			continue
		}
		if verifier.Verify(input, signature, public) == nil {
			return nil
		}
		// A set that was fetched from an address may have any number of keys.
		if tried++; tried == maxSetKeys {
			break
		}
	}
	if h.KeyID != "" && tried > 0 {
		return errors.New("no registered key has signed it")
	}
	return ErrMissingKey
}

// ForeignAlgorithms returns the algorithms that clients may sign with.
func ForeignAlgorithms() []string { return []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"} }

// canonical returns the name under which we and jwx know an algorithm: Ed25519 (RFC 9864 §2.2)
// is the older EdDSA with the only curve that we accept.
func canonical(algorithm string) string {
	if algorithm == "Ed25519" {
		return "EdDSA"
	}
	return algorithm
}

// public returns the public key, or nil if k cannot have signed under h.
func (k clientKey) public(h header) any {
	if h.KeyID != "" && k.id != h.KeyID || k.use != "" && k.use != string(jwk.ForSignature) || k.algorithm != "" && canonical(k.algorithm) != canonical(h.Algorithm) {
		return nil
	}
	text, err := json.Marshal(k.material)
	if err != nil {
		return nil
	}
	key, err := jwk.ParseKey(text)
	if err != nil {
		return nil
	}
	var raw any
	if key.Raw(&raw) != nil || !fits(raw, h.Algorithm) {
		return nil
	}
	return raw
}

// fits reports whether the key suits the algorithm. An RSA key must be strong
// enough, but not so long that checking a signature keeps us busy: with a modulus
// of 160,000 bits it took 1.2 s.
func fits(key any, algorithm string) bool {
	const leastRSA, mostRSA = 2048, 8192 // RFC 7518 §3.3; the limit of crypto/tls
	switch key := key.(type) {
	case *rsa.PublicKey:
		return (algorithm == "RS256" || algorithm == "PS256") && key.N.BitLen() >= leastRSA && key.N.BitLen() <= mostRSA
	case *ecdsa.PublicKey:
		_, err := key.ECDH() // fails for a point that is not on the curve
		return err == nil && algorithm == "ES256" && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return canonical(algorithm) == "EdDSA"
	}
	return false
}
