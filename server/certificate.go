package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is how often the files are read, and remindEvery how often the log
	// warns of a certificate that expires within expiresSoon.
	lookEvery   = 5 * time.Second
	remindEvery = 24 * time.Hour
	expiresSoon = 14 * 24 * time.Hour
)

// A Certificate is a certificate chain and its key in two PEM files, as they were
// when they last made a valid pair. Files that are broken, do not belong together, or
// hold a certificate that is not yet valid or has expired change nothing: the old pair
// stays in use.
type Certificate struct {
	certFile, keyFile string
	now               func() time.Time
	log               *slog.Logger

	current  atomic.Pointer[tls.Certificate]
	files    [2][]byte // those of current
	refused  [2][]byte // the last ones that the log complained about
	reminded time.Time
}

// LoadCertificate reads the files. Files that do not make a pair are an error here,
// unlike in Watch.
func LoadCertificate(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, now: now, log: log}
	files, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("loading the TLS certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(files[0], files[1])
	if err != nil {
		return nil, fmt.Errorf("loading the TLS certificate: %s and %s: %w", certFile, keyFile, err)
	}
	c.files = files
	c.current.Store(&pair)
	return c, nil
}

// suites are those of TLS 1.2: with forward secrecy and authenticated encryption, as
// FAPI 2.0 Security Profile §5.2.2 and RFC 9325 §4.2 recommend. Go offers CBC as well.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
}

// Config returns the configuration of a listener that presents the current pair at each
// handshake. Existing connections stay open.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   suites,
		NextProtos:     []string{"h2", "http/1.1"},
	}
}

// Expires returns when the current certificate expires.
func (c *Certificate) Expires() time.Time { return c.current.Load().Leaf.NotAfter }

// Watch reads the files every few seconds and whenever told receives a signal, until
// ctx ends, and warns in the log of a certificate that is about to expire or has expired.
func (c *Certificate) Watch(ctx context.Context, told <-chan os.Signal) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		c.reload()
		c.remind()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-told:
			c.refused = [2][]byte{} // an operator who sends the signal wants to see the result
		}
	}
}

func (c *Certificate) read() (files [2][]byte, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return files, fmt.Errorf("%s is not a regular file", name) // reading a pipe might never end
		}
		if files[i], err = os.ReadFile(name); err != nil { //nolint:gosec // G304: the operator names the file
			return files, err
		}
	}
	return files, nil
}

// reload compares the contents, because modification times are not reliable on every
// file system.
func (c *Certificate) reload() {
	files, err := c.read()
	if err == nil && same(files, c.files) {
		c.refused = [2][]byte{} // if the files break again, the log says so again
		return
	}
	pair, err := c.judge(files, err)
	if err != nil {
		if c.refused[0] == nil || !same(files, c.refused) {
			c.log.Error("the new TLS certificate is not used; the old one stays in use", "error", err, "expires", c.Expires())
			c.refused = [2][]byte{append([]byte{}, files[0]...), files[1]}
		}
		return
	}
	c.files, c.refused, c.reminded = files, [2][]byte{}, time.Time{}
	c.current.Store(pair)
	c.log.Info("the TLS certificate was reloaded", "expires", c.Expires())
}

func (c *Certificate) judge(files [2][]byte, err error) (*tls.Certificate, error) {
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(files[0], files[1])
	if err != nil {
		return nil, err
	}
	if from := pair.Leaf.NotBefore; from.After(c.now()) {
		return nil, fmt.Errorf("it is not valid before %s", from.UTC().Format(time.RFC3339))
	}
	if end := pair.Leaf.NotAfter; end.Before(c.now()) {
		return nil, fmt.Errorf("it expired at %s", end.UTC().Format(time.RFC3339))
	}
	return &pair, nil
}

func same(a, b [2][]byte) bool { return bytes.Equal(a[0], b[0]) && bytes.Equal(a[1], b[1]) }

// remind only logs: an expired certificate is still better than none.
func (c *Certificate) remind() {
	now, end := c.now(), c.Expires()
	if end.Sub(now) > expiresSoon || now.Sub(c.reminded) < remindEvery && !c.reminded.IsZero() {
		return
	}
	c.reminded = now
	if end.Before(now) {
		c.log.Error("the TLS certificate has expired; replace the file, and the server picks it up on its own", "file", c.certFile, "expired", end)
		return
	}
	c.log.Warn("the TLS certificate expires soon; replace the file, and the server picks it up on its own", "file", c.certFile, "expires", end)
}
