//go:build openssl

package openssl

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

/*
#include <openssl/err.h>
#include "rsa.h"
*/
import "C"

// library returns the context of OpenSSL in which all keys are. There is one for the
// process, and it stays: OpenSSL keeps state for each thread that has used it, and frees
// that when the thread ends.
var library = sync.OnceValues(func() (*C.OSSL_LIB_CTX, error) {
	var opened *C.OSSL_LIB_CTX
	if err := failure(C.gatehouse_open(&opened)); err != nil {
		return nil, fmt.Errorf("opening OpenSSL: %w", err)
	}
	return opened, nil
})

// failure returns the error with that code; nil for 0. Texts of OpenSSL are fixed, and
// have nothing of a key.
func failure(code C.ulong) error {
	if code == 0 {
		return nil
	}
	var text [256]byte
	C.ERR_error_string_n(code, (*C.char)(unsafe.Pointer(&text)), C.size_t(len(text)))
	return errors.New(C.GoString((*C.char)(unsafe.Pointer(&text))))
}
