//go:build openssl

package openssl

import (
	"crypto"
	"crypto/rsa"
	"fmt"
)

// A scheme is how a digest becomes a signature (RFC 8017 §8): RSASSA-PSS with a salt as
// long as the digest, or RSASSA-PKCS1-v1_5.
type scheme struct {
	digest string
	pss    bool
}

var digests = map[crypto.Hash]string{crypto.SHA256: "SHA256", crypto.SHA384: "SHA384", crypto.SHA512: "SHA512"}

// schemeOf refuses what package keys never asks for.
func schemeOf(digest []byte, o crypto.SignerOpts) (scheme, error) {
	hash := o.HashFunc()
	s := scheme{digest: digests[hash]}
	if s.digest == "" || len(digest) != hash.Size() {
		return s, fmt.Errorf("%d bytes as a digest by %s", len(digest), hash)
	}
	var options *rsa.PSSOptions
	if options, s.pss = o.(*rsa.PSSOptions); s.pss && options.SaltLength != rsa.PSSSaltLengthEqualsHash && options.SaltLength != hash.Size() {
		return s, fmt.Errorf("a salt of length %d", options.SaltLength)
	}
	return s, nil
}
