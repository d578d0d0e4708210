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

// sign makes the contexts for signing.
func (s slots) sign(private *rsa.PrivateKey) error {
	der := x509.MarshalPKCS1PrivateKey(private)
	defer clear(der)
	return s.fill(func(lib *C.OSSL_LIB_CTX, context **C.EVP_PKEY_CTX) C.ulong {
		return C.gatehouse_signer(lib, bytesOf(der), C.size_t(len(der)), context)
	})
}

// verify makes the contexts for verifying, which do not have the private key.
func (s slots) verify(public *rsa.PublicKey) error {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	return s.fill(func(lib *C.OSSL_LIB_CTX, context **C.EVP_PKEY_CTX) C.ulong {
		return C.gatehouse_verifier(lib, bytesOf(der), C.size_t(len(der)), context)
	})
}

// fill makes the contexts. If it fails, what it made is freed with the signer.
func (s slots) fill(open func(*C.OSSL_LIB_CTX, **C.EVP_PKEY_CTX) C.ulong) error {
	lib, err := library()
	if err != nil {
		return err
	}
	for range cap(s) {
		made := &slot{}
		if err := failure(open(lib, &made.context)); err != nil {
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
