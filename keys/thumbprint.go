package keys

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

// thumbprint is the RFC 7638 thumbprint of an RSA key, by SHA-256: the required
// members alone, by name, without white space (§3.2). It is the key's `kid`, so
// a kid cannot be given to another key.
func thumbprint(public *rsa.PublicKey) string {
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	digest := sha256.Sum256([]byte(`{"e":"` + number(big.NewInt(int64(public.E))) + `","kty":"RSA","n":"` + number(public.N) + `"}`))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
