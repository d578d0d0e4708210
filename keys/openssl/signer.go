//go:build openssl

package openssl

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"runtime"
)

/*
#cgo pkg-config: --static libcrypto
#cgo noescape gatehouse_sign
#cgo nocallback gatehouse_sign
#cgo noescape gatehouse_verify
#cgo nocallback gatehouse_verify
#include <openssl/crypto.h>
#include "rsa.h"
*/
import "C"

// Version returns the version of OpenSSL; empty in a build without it.
func Version() string { return C.GoString(C.OpenSSL_version(C.OPENSSL_VERSION)) }

// A signer has as many contexts as signatures may be made at once, each with a copy of
// the key, and as many that verify. They are freed, and the copies erased, once nothing
// refers to the signer.
type signer struct {
	public             *rsa.PublicKey
	signing, verifying slots
}

// NewSigner copies the key into OpenSSL. At most atOnce signatures are made at once, and as
// many verified; further ones wait.
func NewSigner(private *rsa.PrivateKey, atOnce int) (Signer, error) {
	if err := Usable(); err != nil {
		return nil, err
	}
	s := &signer{public: &private.PublicKey, signing: make(slots, atOnce), verifying: make(slots, atOnce)}
	runtime.AddCleanup(s, slots.free, s.signing)
	runtime.AddCleanup(s, slots.free, s.verifying)
	if err := errors.Join(s.signing.fillSigning(private), s.verifying.fillVerifying(s.public)); err != nil {
		return nil, fmt.Errorf("taking a key into OpenSSL: %w", err)
	}
	return s, nil
}

func (s *signer) Public() crypto.PublicKey { return s.public }

// Sign ignores the reader: OpenSSL draws what it needs itself.
func (s *signer) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	signature := make([]byte, s.public.Size())
	err := s.with(s.signing, digest, o, func(context *C.EVP_PKEY_CTX) C.ulong {
		return C.gatehouse_sign(context, bytesOf(digest), C.size_t(len(digest)), bytesOf(signature), C.size_t(len(signature)))
	})
	if err != nil {
		return nil, fmt.Errorf("signing by OpenSSL: %w", err)
	}
	return signature, nil
}

// Verify refuses a signature without its leading zeros, which OpenSSL would accept by PSS:
// there is one spelling of each (RFC 8017 §8.1.2).
func (s *signer) Verify(digest, signature []byte, o crypto.SignerOpts) error {
	if len(signature) != s.public.Size() {
		return fmt.Errorf("verifying by OpenSSL: a signature of %d bytes, want %d", len(signature), s.public.Size())
	}
	err := s.with(s.verifying, digest, o, func(context *C.EVP_PKEY_CTX) C.ulong {
		return C.gatehouse_verify(context, bytesOf(digest), C.size_t(len(digest)), bytesOf(signature), C.size_t(len(signature)))
	})
	if err != nil {
		return fmt.Errorf("verifying by OpenSSL: %w", err)
	}
	return nil
}

// with calls work with a context that is set to what o asks for, once one is free.
func (s *signer) with(all slots, digest []byte, o crypto.SignerOpts, work func(*C.EVP_PKEY_CTX) C.ulong) error {
	want, err := schemeOf(digest, o)
	if err != nil {
		return err
	}
	free := <-all
	defer func() {
		all <- free
		runtime.KeepAlive(s) // until here, because without s the slots are freed
	}()
	if err := free.use(want); err != nil {
		return err
	}
	return failure(work(free.context))
}
