package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"gatehouse/store"
)

// claims have the size of an access token's.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ClientID string `json:"client_id"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	JTI      string `json:"jti"`
	Scope    string `json:"scope"`
	Role     string `json:"role"`
	Session  string `json:"sid"`
	AuthTime int64  `json:"auth_time"`
}

var benchClaims = claims{
	"https://id.example.com", "0b0e2a0c-6a0f-4f0c-9a54-2f4d5c8f2a11", "https://id.example.com", "accounts", 1772600000, 1772600300,
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "openid profile email phone address offline_access account users:read", "staff", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1772600000,
}

func benchRing(b *testing.B) *Ring {
	b.Helper()
	r, err := Open(b.Context(), options(&memory{}, time.Now))
	if err != nil {
		b.Fatalf("opening the key ring: %v", err)
	}
	b.Cleanup(r.Close)
	if _, err := r.snapshot(b.Context()); err != nil {
		b.Fatalf("taking a snapshot of the keys: %v", err)
	}
	return r
}

// BenchmarkRawRSA is the baseline of BenchmarkSign.
func BenchmarkRawRSA(b *testing.B) {
	r := benchRing(b)
	private := r.current.Load().rings[store.RS256][0].signer.(*rsa.PrivateKey)
	digest := sha256.Sum256([]byte("x"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest[:]); err != nil {
			b.Fatalf("signing with RSA: %v", err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	r := benchRing(b)
	b.ReportAllocs()
	for b.Loop() {
		mustSign(b, r, "at+jwt", benchClaims)
	}
}

// instant signs in no time.
type instant struct{ crypto.Signer }

func (instant) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, 256), nil
}

// BenchmarkSignWithoutRSA measures the overhead alone.
func BenchmarkSignWithoutRSA(b *testing.B) {
	o := options(&memory{}, time.Now)
	o.Signer = func(_ string, private crypto.PrivateKey) (crypto.Signer, error) {
		return instant{private.(crypto.Signer)}, nil
	}
	r, err := Open(b.Context(), o)
	if err != nil {
		b.Fatalf("opening the key ring: %v", err)
	}
	defer r.Close()
	mustSign(b, r, "at+jwt", benchClaims)
	b.ReportAllocs()
	for b.Loop() {
		mustSign(b, r, "at+jwt", benchClaims)
	}
}

// BenchmarkVerify verifies a token for the first time, and again.
func BenchmarkVerify(b *testing.B) {
	r := benchRing(b)
	token := mustSign(b, r, "at+jwt", benchClaims)
	run := func(prepare func()) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				prepare()
				if _, err := r.Verify(b.Context(), token); err != nil {
					b.Fatalf("verifying the token: %v", err)
				}
			}
		}
	}
	b.Run("cold", run(r.verified.Purge))
	b.Run("cached", run(func() {}))
}

func BenchmarkJWKS(b *testing.B) {
	r := benchRing(b)
	b.ReportAllocs()
	for b.Loop() {
		mustJWKS(b, r)
	}
}

// BenchmarkOpen measures what the keys add to the time of a start.
func BenchmarkOpen(b *testing.B) {
	s := &memory{}
	first, err := Open(b.Context(), options(s, time.Now))
	if err != nil {
		b.Fatalf("opening the key ring: %v", err)
	}
	mustSign(b, first, "at+jwt", 1)
	first.Close()
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(b.Context(), options(s, time.Now))
		if err != nil {
			b.Fatalf("opening the key ring: %v", err)
		}
		r.Close()
	}
}

// BenchmarkReload measures one reading of the record. A ring reads twice a second.
func BenchmarkReload(b *testing.B) {
	r := benchRing(b)
	b.ReportAllocs()
	for b.Loop() {
		mustReload(b, r)
	}
}
