//go:build openssl

package openssl

import (
	"crypto/rsa"
	"crypto/x509"
	"unsafe"
)

/*
#include <stdlib.h>
#include "rsa.h"
*/
import "C"

// slots holds those contexts that are not in use.
type slots chan *slot

type slot struct {
	context *C.EVP_PKEY_CTX
	scheme  scheme // what the context is set to
}

// fillSigning makes contexts with a copy of the private key each.
func (s slots) fillSigning(private *rsa.PrivateKey) error {
	der := x509.MarshalPKCS1PrivateKey(private)
	defer clear(der)
	return s.fill(1, der)
}

// fillVerifying makes contexts that do not have the private key.
func (s slots) fillVerifying(public *rsa.PublicKey) error {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	return s.fill(0, der)
}

// fill makes the contexts. If it fails, what it made is freed with the signer.
func (s slots) fill(private C.int, der []byte) error {
	lib, err := library()
	if err != nil {
		return err
	}
	var key *C.EVP_PKEY
	if err := failure(C.gatehouse_key(lib, private, bytesOf(der), C.size_t(len(der)), &key)); err != nil {
		return err
	}
	defer C.EVP_PKEY_free(key)
	for range cap(s) {
		var context *C.EVP_PKEY_CTX
		if err := failure(C.gatehouse_slot(lib, private, key, &context)); err != nil {
			return err
		}
		s <- &slot{context: context}
	}
	return nil
}

// free frees the contexts. OpenSSL erases the private keys in them.
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
	s.scheme = scheme{} // a failure may leave half of it set
	if err := failure(C.gatehouse_scheme(s.context, pss, name)); err != nil {
		return err
	}
	s.scheme = want
	return nil
}

func bytesOf(b []byte) *C.uchar { return (*C.uchar)(unsafe.Pointer(unsafe.SliceData(b))) }
