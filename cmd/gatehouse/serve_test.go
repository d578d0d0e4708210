package main

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/test/testkit"
	"gatehouse/server"
)

func TestAnIssuerAtAnotherPortOfThisMachine(t *testing.T) {
	for _, c := range []struct {
		issuer, listens string
		want            bool
	}{
		{"http://localhost:8080", "127.0.0.1:8080", false},
		{"http://localhost:8080", "127.0.0.1:9000", true},
		{"http://localhost:8080", "[::1]:9000", true},
		{"http://localhost", "127.0.0.1:80", false},
		{"http://localhost:8080", "0.0.0.0:9000", false},             // a container, whose port outside is another
		{"https://login.example.com", "127.0.0.1:8080", false},       // behind a proxy
		{"https://login.example.localhost", "127.0.0.1:8080", false}, // likewise
	} {
		addr, err := net.ResolveTCPAddr("tcp", c.listens)
		if err != nil {
			t.Fatalf("resolving the address: %v", err)
		}
		if got := elsewhere(c.issuer, addr); got != c.want {
			t.Errorf("%s, listening on %s: %v, want %v", c.issuer, c.listens, got, c.want)
		}
	}
}

// withCertificate returns settings for TLS with a self-signed certificate, such as an
// operator may use behind a proxy.
func withCertificate(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.TLSCert, cfg.TLSKey = testkit.Certificate(t, "login.example.com")
	return cfg
}

// listening serves h with the settings, and sets cfg.Addr to its address.
func listening(t *testing.T, cfg *config.Config, h http.Handler) {
	t.Helper()
	secure, err := loadTLS(*cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("loading the TLS settings: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	cfg.Addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, l, h, server.ServeOptions{TLS: secure.Config(), ShutdownTimeout: time.Second, Log: slog.New(slog.DiscardHandler)})
	}()
	t.Cleanup(func() { stop(); <-ended })
}

func TestTheHealthCheckOverTLS(t *testing.T) {
	cfg := withCertificate(t)
	var status atomic.Int32
	status.Store(http.StatusOK)
	listening(t, &cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(int(status.Load()))
	}))
	if err := askReady(t.Context(), cfg); err != nil {
		t.Errorf("asking whether the server is ready: %v", err)
	}
	status.Store(http.StatusServiceUnavailable)
	if err := askReady(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "not ready: 503") {
		t.Errorf("not ready: %v", err)
	}
	status.Store(http.StatusOK)
	if err := os.WriteFile(cfg.TLSCert, []byte("half a certif"), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	if err := askReady(t.Context(), cfg); err != nil {
		t.Errorf("with a broken file, which the server does not use: %v", err)
	}
}

func TestTheServerSpeaksNoOldTLS(t *testing.T) {
	cfg := withCertificate(t)
	listening(t, &cfg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", cfg.Addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version})
		if err == nil {
			conn.Close()
		}
		if (err == nil) != want {
			t.Errorf("%s: err = %v, want it accepted: %t", tls.VersionName(version), err, want)
		}
	}
}

func TestLongTextIsWrapped(t *testing.T) {
	var lines []string
	for line := range wrap("one two  three\nfour", 9) {
		lines = append(lines, line)
	}
	if got := strings.Join(lines, "|"); got != "one two|three|four" {
		t.Errorf(`wrapped as %q, want "one two|three|four"`, got)
	}
}
