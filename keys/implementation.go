package keys

import (
	"crypto"
	"crypto/rsa"
	"fmt"
	"runtime"

	"gatehouse/keys/openssl"
)

// An Implementation is what makes and verifies signatures with RSA. Keys of other kinds
// sign by Go whatever it is.
type Implementation struct {
	Name    string // "go" or "openssl"
	Library string // with its version
	Signer  Signer
	// Instead says why it is not OpenSSL, if it was not chosen; Wrong whether that is
	// because OpenSSL did not pass the self-test.
	Instead string
	Wrong   bool
}

// Choose returns the implementation of that name. For "auto" it is OpenSSL where this
// build has it and it signs and verifies as Go does.
func Choose(name string) (Implementation, error) {
	return choose(name, openssl.Usable(), Implementation{Name: "openssl", Library: openssl.Version(), Signer: byOpenSSL})
}

// choose prefers fast over Go, unless something keeps it from being used.
func choose(name string, unusable error, fast Implementation) (Implementation, error) {
	plain := Implementation{Name: "go", Library: "crypto/rsa of " + runtime.Version(), Signer: plainSigner}
	if name == plain.Name {
		return plain, nil
	}
	why := unusable
	if why == nil {
		why = selfTest(fast.Signer)
	}
	if why == nil {
		return fast, nil
	}
	if name == fast.Name {
		return Implementation{}, fmt.Errorf("signing by OpenSSL: %w", why)
	}
	plain.Instead, plain.Wrong = why.Error(), unusable == nil
	return plain, nil
}

// byOpenSSL takes RSA keys into OpenSSL. It makes as many signatures at once as there are
// cores (Options.SignSlots).
func byOpenSSL(kid string, private crypto.PrivateKey) (crypto.Signer, error) {
	if key, ok := private.(*rsa.PrivateKey); ok {
		return openssl.NewSigner(key, runtime.GOMAXPROCS(0))
	}
	return plainSigner(kid, private)
}
