//go:build !openssl

package openssl

import "crypto/rsa"

// Version returns the version of OpenSSL; empty in a build without it.
func Version() string { return "" }

// NewSigner returns the error of Usable.
func NewSigner(*rsa.PrivateKey, int) (Signer, error) { return nil, Usable() }
