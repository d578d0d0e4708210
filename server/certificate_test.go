package server

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A pair is a certificate and its key in PEM.
type pair struct{ cert, key []byte }

// certify makes a pair with a serial number, valid from and until the given times.
func certify(t *testing.T, serial int64, from, until time.Time) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("generating an ECDSA key: %v", err)
	}
	return certifyKey(t, key, serial, from, until)
}

func certifyKey(t *testing.T, key crypto.Signer, serial int64, from, until time.Time) pair {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: from, NotAfter: until}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatalf("creating the certificate: %v", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatalf("marshalling the private key: %v", err)
	}
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})}
}

// A shelf is a folder with the two files, with a clock and a log.
type shelf struct {
	*Certificate
	cert, key string

	mu   sync.Mutex
	time time.Time
	log  bytes.Buffer
}

func (s *shelf) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time
}

func (s *shelf) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// said counts how often a text is in the log.
func (s *shelf) said(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.log.String(), text)
}

func (s *shelf) put(t *testing.T, p pair) {
	t.Helper()
	for file, content := range map[string][]byte{s.cert: p.cert, s.key: p.key} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatalf("writing the file: %v", err)
		}
	}
}

func newShelf(t *testing.T, p pair) *shelf {
	t.Helper()
	folder := t.TempDir()
	s := &shelf{cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem"), time: time.Now()}
	s.put(t, p)
	var err error
	if s.Certificate, err = LoadCertificate(s.cert, s.key, s.now, slog.New(slog.NewTextHandler(s, nil))); err != nil {
		t.Fatalf("loading the certificate: %v", err)
	}
	return s
}

func serialAt(t *testing.T, addr string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatalf("dialling the server over TLS: %v", err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// A new certificate is used without dropping a connection.
func TestANewCertificateIsUsed(t *testing.T) {
	year := time.Now().AddDate(1, 0, 0)
	hour := time.Now().Add(-time.Hour)
	s := newShelf(t, certify(t, 1, hour, year))
	addr, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) }, ServeOptions{TLS: s.Config()})
	ctx, stop := context.WithCancel(t.Context())
	told, ended := make(chan os.Signal), make(chan bool)
	go func() { s.Watch(ctx, told); close(ended) }()
	defer func() { stop(); <-ended }()
	look := func() {
		told <- os.Interrupt // any signal; Watch receives the second when it is done with the first
		told <- os.Interrupt
	}

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	ask := func() string {
		answer, err := client.Get("https://" + addr)
		if err != nil {
			t.Fatalf("sending the GET request: %v", err)
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return string(body)
	}
	first := ask()

	second := certify(t, 2, hour, year)
	for name, bad := range map[string]pair{
		"another key":   {second.cert, certify(t, 3, hour, year).key},
		"half a file":   {second.cert[:100], second.key},
		"empty":         {},
		"not yet valid": certify(t, 4, time.Now().Add(time.Hour), year),
		"expired":       certify(t, 5, hour, time.Now().Add(-time.Minute)),
	} {
		before := s.said("is not used")
		s.put(t, bad)
		look()
		if got := serialAt(t, addr); got != 1 {
			t.Errorf("%s: serves certificate %d, want 1", name, got)
		}
		if got := s.said("is not used"); got <= before {
			t.Errorf("%s: nothing was logged, want a line", name)
		}
	}
	if err := os.Remove(s.cert); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	look()
	s.put(t, second)
	look()
	if got := serialAt(t, addr); got != 2 {
		t.Errorf("serves certificate %d, want 2", got)
	}
	if got := ask(); got != first {
		t.Errorf("the connection was dropped: the server saw %s, want %s as before", got, first)
	}
	if !s.Expires().Equal(year.UTC().Truncate(time.Second)) {
		t.Errorf("the certificate expires at %s, want %s", s.Expires(), year)
	}
}

// A broken file is logged once, until it changes.
func TestABrokenFileIsLoggedOnce(t *testing.T) {
	good := certify(t, 1, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
	s := newShelf(t, good)
	for range 2 {
		s.put(t, pair{})
		for range 10 {
			s.reload()
		}
		s.put(t, pair{[]byte("x"), []byte("y")})
		for range 10 {
			s.reload()
		}
	}
	if n := s.said("is not used"); n != 4 {
		t.Errorf("%d lines, want 4", n)
	}
	s.put(t, good)
	s.reload()
	s.put(t, pair{[]byte("x"), []byte("y")})
	s.reload()
	if n := s.said("is not used"); n != 5 {
		t.Errorf("broken again after it was valid: %d lines, want 5", n)
	}
}

func TestTheLogWarnsOfExpiry(t *testing.T) {
	start := time.Now()
	s := newShelf(t, certify(t, 1, start.Add(-time.Hour), start.AddDate(0, 0, 20)))
	for hour := range 24 * 30 {
		s.time = start.Add(time.Duration(hour) * time.Hour)
		s.remind()
	}
	if soon, over := s.said("level=WARN"), s.said("level=ERROR"); soon != 14 || over != 10 {
		t.Errorf("%d reminders before and %d after the end, want 14 and 10", soon, over)
	}
}

func TestAWrongKeyIsRefusedAtTheStart(t *testing.T) {
	now := time.Now()
	a, b := certify(t, 1, now, now.Add(time.Hour)), certify(t, 2, now, now.Add(time.Hour))
	s := newShelf(t, a)
	s.put(t, pair{a.cert, b.key})
	if _, err := LoadCertificate(s.cert, s.key, time.Now, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), s.key) {
		t.Errorf("loading the certificate: err = %v, want it to name %s", err, s.key)
	}
}
