package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"

	"gatehouse/store"
)

// Accepts reports whether keys of ours may sign with an algorithm.
func Accepts(alg string) bool { return slices.Contains(store.SigningAlgorithms(), alg) }

// newKey generates a private key for an algorithm. Each algorithm has keys of its own, also
// RS256 and PS256 (RFC 8725 §3.1), because the kid alone says how a signature is verified.
func (r *Ring) newKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case store.RS256, store.PS256:
		return r.generate()
	case store.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case store.Ed25519:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("%w: %.32q", ErrUnknownAlgorithm, algorithm)
}

// ofAlgorithm returns the key as one that signs with the algorithm, if it is of that kind.
func ofAlgorithm(private any, algorithm string) (crypto.Signer, bool) {
	switch k := private.(type) {
	case *rsa.PrivateKey:
		return k, algorithm == store.RS256 || algorithm == store.PS256
	case *ecdsa.PrivateKey:
		return k, algorithm == store.ES256 && k.Curve == elliptic.P256()
	case ed25519.PrivateKey:
		return k, algorithm == store.Ed25519
	}
	return nil, false
}

// samePublic reports whether two public keys are the same.
func samePublic(a, b crypto.PublicKey) bool {
	comparable, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && comparable.Equal(b)
}
