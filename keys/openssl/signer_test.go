//go:build openssl

package openssl

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("skipped in FIPS 140-3 mode, in which OpenSSL does not sign")
	}
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatalf("generating a key of %d bits: %v", bits, err)
	}
	return private
}

func newSigner(t testing.TB, private *rsa.PrivateKey, atOnce int) Signer {
	t.Helper()
	s, err := NewSigner(private, atOnce)
	if err != nil {
		t.Fatalf("making a signer: %v", err)
	}
	return s
}

// digestOf returns random bytes: a digest is nothing else to a signature.
func digestOf(t testing.TB, hash crypto.Hash) []byte {
	t.Helper()
	digest := make([]byte, hash.Size())
	if _, err := io.ReadFull(rand.Reader, digest); err != nil {
		t.Fatalf("reading random bytes: %v", err)
	}
	return digest
}

func TestTheSameBytesAsGo(t *testing.T) {
	for bits, keys := range map[int]int{1024: 8, 2048: 4, 3072: 1, 4096: 1} {
		for range keys {
			private := newKey(t, bits)
			s := newSigner(t, private, 2)
			for hash := range digests {
				for range 8 {
					same(t, private, s, hash)
				}
			}
			salted(t, private, s)
		}
	}
}

func same(t *testing.T, private *rsa.PrivateKey, s Signer, hash crypto.Hash) {
	t.Helper()
	digest := digestOf(t, hash)
	want, err := rsa.SignPKCS1v15(nil, private, hash, digest)
	if err != nil {
		t.Fatalf("signing by crypto/rsa: %v", err)
	}
	got, err := s.Sign(rand.Reader, digest, hash)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bits, %s: signature %x, %v; want %x as by crypto/rsa", private.N.BitLen(), hash, got, err, want)
	}
	verifies(t, s, digest, want, hash)
}

// verifies checks that this is a signature of the digest, and of no other, and that no other
// is one of it.
func verifies(t *testing.T, s Signer, digest, signature []byte, o crypto.SignerOpts) {
	t.Helper()
	if err := s.Verify(digest, signature, o); err != nil {
		t.Errorf("verifying a signature by %v: %v, want no error", o, err)
	}
	changed := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)/2] ^= 4
		return b
	}
	for name, of := range map[string][2][]byte{
		"another digest": {changed(digest), signature}, "another signature": {digest, changed(signature)},
		"a shorter signature": {digest, signature[1:]}, "a longer one": {digest, append([]byte{0}, signature...)}, "none": {digest, nil},
	} {
		if s.Verify(of[0], of[1], o) == nil {
			t.Errorf("verifying %s: no error, want one", name)
		}
	}
}

func salted(t *testing.T, private *rsa.PrivateKey, s Signer) {
	t.Helper()
	options := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}
	digest := digestOf(t, crypto.SHA256)
	signature, err := s.Sign(rand.Reader, digest, options)
	if err != nil {
		t.Fatalf("signing by PSS: %v", err)
	}
	if err := rsa.VerifyPSS(&private.PublicKey, crypto.SHA256, digest, signature, options); err != nil {
		t.Errorf("%d bits: crypto/rsa refuses a PSS signature: %v", private.N.BitLen(), err)
	}
	verifies(t, s, digest, signature, options)
	if s.Verify(digest, signature, crypto.SHA256) == nil {
		t.Error("a PSS signature verifies as one of PKCS #1 v1.5, want an error")
	}
	same(t, private, s, crypto.SHA256) // the context is not left at PSS
}

func TestASignatureHasOneSpelling(t *testing.T) {
	s := newSigner(t, newKey(t, 1024), 1)
	for _, options := range []crypto.SignerOpts{crypto.SHA256, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}} {
		for tries := 0; ; tries++ {
			digest := digestOf(t, crypto.SHA256)
			signature, err := s.Sign(nil, digest, options)
			if err != nil || tries == 10000 {
				t.Fatalf("no signature of %d begins with a zero: %v", tries, err)
			}
			if signature[0] == 0 {
				verifies(t, s, digest, signature, options)
				break
			}
		}
	}
}

func TestSignaturesAtOnce(t *testing.T) {
	private := newKey(t, 2048)
	s := newSigner(t, private, 2)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				same(t, private, s, crypto.SHA256)
				salted(t, private, s)
			}
		})
	}
	wg.Wait()
}

func TestWhatIsNotSigned(t *testing.T) {
	s := newSigner(t, newKey(t, 1024), 1)
	for name, ask := range map[string]struct {
		digest  []byte
		options crypto.SignerOpts
	}{
		"no hash":        {make([]byte, 32), crypto.Hash(0)},
		"SHA-1":          {make([]byte, 20), crypto.SHA1},
		"a short digest": {make([]byte, 31), crypto.SHA256},
		"no digest":      {nil, crypto.SHA256},
		"another salt":   {make([]byte, 32), &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 20}},
		"the most salt":  {make([]byte, 32), &rsa.PSSOptions{Hash: crypto.SHA256}},
	} {
		signature, err := s.Sign(rand.Reader, ask.digest, ask.options)
		if err == nil {
			t.Errorf("%s: signed as %x, want an error", name, signature)
		}
		if s.Verify(ask.digest, make([]byte, 128), ask.options) == nil {
			t.Errorf("%s: verified, want an error", name)
		}
	}
}

// TestNoFileConfiguresOpenSSL signs in a process of its own, whose openssl.cnf allows
// nothing but what a FIPS provider has, and loads none.
func TestNoFileConfiguresOpenSSL(t *testing.T) {
	private := newKey(t, 1024)
	if os.Getenv("GATEHOUSE_TEST_OPENSSL_CHILD") != "" {
		same(t, private, newSigner(t, private, 1), crypto.SHA256)
		return
	}
	file := filepath.Join(t.TempDir(), "openssl.cnf")
	text := "openssl_conf = all\n[all]\nalg_section = evp\n[evp]\ndefault_properties = fips=yes\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatalf("writing openssl.cnf: %v", err)
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "GATEHOUSE_TEST_OPENSSL_CHILD=yes", "OPENSSL_CONF="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("signing beside a strange openssl.cnf: %v, want a signature\n%s", err, out)
	}
}

func TestVersion(t *testing.T) {
	if v := Version(); !strings.HasPrefix(v, "OpenSSL 3.") {
		t.Errorf("version %q, want OpenSSL 3", v)
	}
}

func BenchmarkSign(b *testing.B) {
	private := newKey(b, 2048)
	digest := digestOf(b, crypto.SHA256)
	for name, s := range map[string]crypto.Signer{"go": private, "openssl": newSigner(b, private, 1)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Sign(rand.Reader, digest, crypto.SHA256); err != nil {
					b.Fatalf("signing: %v", err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	private := newKey(b, 2048)
	digest, s := digestOf(b, crypto.SHA256), newSigner(b, private, 1)
	signature, err := s.Sign(nil, digest, crypto.SHA256)
	if err != nil {
		b.Fatalf("signing: %v", err)
	}
	for name, verify := range map[string]func() error{
		"go":      func() error { return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, digest, signature) },
		"openssl": func() error { return s.Verify(digest, signature, crypto.SHA256) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := verify(); err != nil {
					b.Fatalf("verifying: %v", err)
				}
			}
		})
	}
}
