package server

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestCipherSuites asks the listener with openssl, for a certificate of each kind of key.
func TestCipherSuites(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("openssl is not installed")
	}
	forRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("generating an RSA key: %v", err)
	}
	forECDSA, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("generating an ECDSA key: %v", err)
	}
	for kind, key := range map[string]crypto.Signer{"RSA": forRSA, "ECDSA": forECDSA} {
		s := newShelf(t, certifyKey(t, key, 1, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)))
		addr, _, _ := serving(t, func(http.ResponseWriter, *http.Request) {}, ServeOptions{TLS: s.Config()})
		for suite, want := range map[string]bool{
			"ECDHE-" + kind + "-AES128-GCM-SHA256": true, "ECDHE-" + kind + "-AES256-GCM-SHA384": true,
			"ECDHE-" + kind + "-CHACHA20-POLY1305": false, "ECDHE-" + kind + "-AES128-SHA256": false,
			"ECDHE-" + kind + "-AES128-SHA": false, "ECDHE-" + kind + "-AES256-SHA": false,
			"AES128-GCM-SHA256": false, "AES256-GCM-SHA384": false, "AES128-SHA": false,
		} {
			if got := handshake(t, addr, "-tls1_2", "-cipher", suite+":@SECLEVEL=0"); got != want {
				t.Errorf("%s: TLS 1.2 with %s = %t, want %t", kind, suite, got, want)
			}
		}
		for version, want := range map[string]bool{"-tls1_3": true, "-tls1_2": true, "-tls1_1": false, "-tls1": false} {
			if got := handshake(t, addr, version, "-cipher", "DEFAULT:@SECLEVEL=0"); got != want {
				t.Errorf("%s: openssl s_client %s = %t, want %t", kind, version, got, want)
			}
		}
	}
}

// handshake reports whether openssl agrees with the listener on a suite.
func handshake(t *testing.T, addr string, options ...string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "openssl", append([]string{"s_client", "-connect", addr}, options...)...).CombinedOutput()
	agreed := strings.Contains(string(out), "Cipher is ") && !strings.Contains(string(out), "Cipher is (NONE)")
	if !agreed && !strings.Contains(string(out), "alert") {
		t.Fatalf("openssl s_client %v: %v\n%s", options, err, out)
	}
	return agreed
}
