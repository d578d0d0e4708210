//go:build openssl

package openssl

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"runtime"
	"unsafe"
)

/*
#cgo pkg-config: --static libcrypto
#cgo noescape gatehouse_sign
#cgo nocallback gatehouse_sign
#include <stdlib.h>
#include <openssl/crypto.h>
#include "rsa.h"
*/
import "C"

// Version returns the version of OpenSSL; empty in a build without it.
func Version() string { return C.GoString(C.OpenSSL_version(C.OPENSSL_VERSION)) }

// A signer has as many contexts as signatures may be made at once, each with a copy of
// the key. They are freed, and the copies erased, once nothing refers to the signer.
type signer struct {
	public *rsa.PublicKey
	slots  slots
}

// NewSigner copies the key into OpenSSL, as often as signatures may be made at once.
// Further ones wait.
func NewSigner(private *rsa.PrivateKey, atOnce int) (crypto.Signer, error) {
	if err := Usable(); err != nil {
		return nil, err
	}
	s := &signer{public: &private.PublicKey, slots: make(slots, atOnce)}
	runtime.AddCleanup(s, slots.free, s.slots)
	if err := s.slots.fill(private); err != nil {
		return nil, fmt.Errorf("taking a key into OpenSSL: %w", err)
	}
	return s, nil
}

func (s *signer) Public() crypto.PublicKey { return s.public }

// Sign ignores the reader: OpenSSL draws what it needs itself.
func (s *signer) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	want, err := schemeOf(digest, o)
	if err != nil {
		return nil, fmt.Errorf("signing by OpenSSL: %w", err)
	}
	free := <-s.slots
	defer func() {
		s.slots <- free
		runtime.KeepAlive(s) // until here, because without s the slots are freed
	}()
	if err := free.use(want); err != nil {
		return nil, fmt.Errorf("signing by OpenSSL: %w", err)
	}
	signature := make([]byte, s.public.Size())
	code := C.gatehouse_sign(free.context, bytesOf(digest), C.size_t(len(digest)), bytesOf(signature), C.size_t(len(signature)))
	if err := failure(code); err != nil {
		return nil, fmt.Errorf("signing by OpenSSL: %w", err)
	}
	return signature, nil
}

// slots holds those contexts that are not in use.
type slots chan *slot

type slot struct {
	context *C.EVP_PKEY_CTX
	scheme  scheme // what the context is set to
}

// fill makes the contexts. If it fails, what it made is freed with the signer.
func (s slots) fill(private *rsa.PrivateKey) error {
	lib, err := library()
	if err != nil {
		return err
	}
	der := x509.MarshalPKCS1PrivateKey(private)
	defer clear(der)
	var key *C.EVP_PKEY
	if err := failure(C.gatehouse_key(lib, bytesOf(der), C.size_t(len(der)), &key)); err != nil {
		return err
	}
	defer C.EVP_PKEY_free(key)
	for range cap(s) {
		made := &slot{}
		if err := failure(C.gatehouse_slot(lib, key, &made.context)); err != nil {
			return err
		}
		s <- made
	}
	return nil
}

// free frees the contexts. OpenSSL erases the keys in them.
func (s slots) free() {
	for range len(s) {
		C.EVP_PKEY_CTX_free((<-s).context)
	}
}

// use sets the context to a scheme.
func (s *slot) use(want scheme) error {
	if s.scheme == want {
		return nil
	}
	name := C.CString(want.digest)
	defer C.free(unsafe.Pointer(name))
	pss := C.int(0)
	if want.pss {
		pss = 1
	}
	err := failure(C.gatehouse_scheme(s.context, pss, name))
	if err == nil {
		s.scheme = want
	}
	return err
}

func bytesOf(b []byte) *C.uchar { return (*C.uchar)(unsafe.Pointer(unsafe.SliceData(b))) }
