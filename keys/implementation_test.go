package keys

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"io"
	"strings"
	"testing"

	"gatehouse/keys/openssl"
)

// flipped makes signers of which one bit is wrong.
func flipped(_ string, private crypto.PrivateKey) (crypto.Signer, error) {
	return flip{private.(*rsa.PrivateKey)}, nil
}

type flip struct{ *rsa.PrivateKey }

func (f flip) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	signature, err := f.PrivateKey.Sign(random, digest, o)
	signature[100] ^= 1
	return signature, err
}

// verifies makes signers that verify by a function.
func verifies(by func() error) Signer {
	return func(_ string, private crypto.PrivateKey) (crypto.Signer, error) {
		return verifying{private.(*rsa.PrivateKey), by}, nil
	}
}

type verifying struct {
	*rsa.PrivateKey
	by func() error
}

func (v verifying) Verify([]byte, []byte, crypto.SignerOpts) error { return v.by() }

func TestTheImplementationThatSigns(t *testing.T) {
	missing := errors.New("it is not there")
	refusing, accepting := verifies(func() error { return errors.New("out of memory") }), verifies(func() error { return nil })
	broken := func(string, crypto.PrivateKey) (crypto.Signer, error) { return nil, errors.New("out of memory") }
	for _, c := range []struct {
		what, choice string
		unusable     error
		signer       Signer
		want         string // empty: refused
		instead      string
		wrong        bool
	}{
		{"it signs as Go does", "auto", nil, plainSigner, "openssl", "", false},
		{"it signs as Go does", "openssl", nil, plainSigner, "openssl", "", false},
		{"it signs as Go does", "go", nil, plainSigner, "go", "", false},
		{"the build lacks it", "auto", missing, nil, "go", "it is not there", false},
		{"the build lacks it", "openssl", missing, nil, "", "it is not there", false},
		{"the build lacks it", "go", missing, nil, "go", "", false},
		{"its signature is wrong", "auto", nil, flipped, "go", "another than that of crypto/rsa", true},
		{"its signature is wrong", "openssl", nil, flipped, "", "another than that of crypto/rsa", false},
		{"it verifies nothing", "auto", nil, refusing, "go", "out of memory", true},
		{"it verifies everything", "auto", nil, accepting, "go", "accepted", true},
		{"it takes no key", "auto", nil, broken, "go", "out of memory", true},
		{"it takes no key", "openssl", nil, broken, "", "out of memory", false},
	} {
		got, err := choose(c.choice, c.unusable, Implementation{Name: "openssl", Signer: c.signer})
		if refused := c.want == ""; refused {
			if err == nil || !strings.Contains(err.Error(), c.instead) {
				t.Errorf("%s, and %s is chosen: %v, want an error that says %q", c.what, c.choice, err, c.instead)
			}
			continue
		}
		if err != nil || got.Name != c.want || got.Wrong != c.wrong || !strings.Contains(got.Instead, c.instead) || (got.Instead == "") != (c.instead == "") {
			t.Errorf("%s, and %s is chosen: %+v, %v; want %s instead because %q, wrong %t", c.what, c.choice, got, err, c.want, c.instead, c.wrong)
		}
	}
}

// TestTokensByTheChosenImplementation: a resource server cannot tell which one it was.
func TestTokensByTheChosenImplementation(t *testing.T) {
	chosen, err := Choose("auto")
	if err != nil {
		t.Fatalf("choosing: %v", err)
	}
	if can := openssl.Usable() == nil; can != (chosen.Name == "openssl") {
		t.Errorf("auto chose %s (%s), want OpenSSL just where it is usable: %t", chosen.Name, chosen.Instead, can)
	}
	s, c := &memory{}, newClock()
	fast, plain := options(s, c.Now), options(s, c.Now)
	fast.Signer = chosen.Signer
	first, second := openRing(t, fast), openRing(t, plain)
	claims := map[string]any{"iss": "https://id.example", "sub": "x"}
	token := mustSign(t, first, "at+jwt", claims)
	if again := mustSign(t, second, "at+jwt", claims); again != token {
		t.Errorf("crypto/rsa made %s, want the same token as %s made: %s", again, chosen.Library, token)
	}
	if _, err := second.Verify(t.Context(), token); err != nil {
		t.Errorf("verifying the token: %v", err)
	}
	readsByTheJWKS(t, first, token)
}

// TestAFailureOfTheImplementationIsNoRefusal has OpenSSL's part fail after the self-test.
func TestAFailureOfTheImplementationIsNoRefusal(t *testing.T) {
	o := options(&memory{}, newClock().Now)
	failed := 0
	o.Signer = verifies(func() error {
		failed++
		return errors.New("out of memory")
	})
	r := openRing(t, o)
	token := mustSign(t, r, "rt+jwt", map[string]string{"sub": "x"})
	if _, err := r.Verify(t.Context(), token); err != nil || failed != 1 {
		t.Errorf("verifying after %d failures: %v, want one failure and no error", failed, err)
	}
	if _, err := r.Verify(t.Context(), token[:len(token)-4]+"AAAA"); !errors.Is(err, ErrInvalid) || failed != 2 {
		t.Errorf("verifying a broken token after %d failures: %v, want two and ErrInvalid", failed, err)
	}
}
