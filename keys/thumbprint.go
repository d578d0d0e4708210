package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
)

// thumbprint returns the SHA-256 thumbprint of a key (RFC 7638, RFC 8037 §2): the hash of
// the required members, in lexicographic order and without white space (§3.2). It
// is the key's `kid`, so a kid cannot be given to another key.
func thumbprint(public crypto.PublicKey) (string, error) {
	members, err := required(public)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(members))
	return base64.RawURLEncoding.EncodeToString(digest[:]), nil
}

func required(public crypto.PublicKey) (string, error) {
	text := base64.RawURLEncoding.EncodeToString
	switch k := public.(type) {
	case *rsa.PublicKey:
		return `{"e":"` + text(big.NewInt(int64(k.E)).Bytes()) + `","kty":"RSA","n":"` + text(k.N.Bytes()) + `"}`, nil
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x and y, each as long as the curve's field (RFC 7518 §6.2.1.2)
		if err != nil || k.Curve.Params().Name != "P-256" {
			return "", fmt.Errorf("not a key of P-256: %w", err)
		}
		return `{"crv":"P-256","kty":"EC","x":"` + text(point[1:33]) + `","y":"` + text(point[33:]) + `"}`, nil
	case ed25519.PublicKey:
		return `{"crv":"Ed25519","kty":"OKP","x":"` + text(k) + `"}`, nil
	}
	return "", fmt.Errorf("a %T has no thumbprint", public)
}
