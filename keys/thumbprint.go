package keys

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

// thumbprint returns the SHA-256 thumbprint of an RSA key (RFC 7638): the hash of
// the required members, in lexicographic order and without white space (§3.2). It
// is the key's `kid`, so a kid cannot be given to another key.
func thumbprint(public *rsa.PublicKey) string {
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	digest := sha256.Sum256([]byte(`{"e":"` + number(big.NewInt(int64(public.E))) + `","kty":"RSA","n":"` + number(public.N) + `"}`))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
