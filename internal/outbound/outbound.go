// Package outbound makes requests to addresses that our clients registered: to fetch their
// keys, and to notify them of a logout. The clients choose the addresses, so none may lead
// into our own network (OWASP ASVS 5.0 §1.3.6).
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	// patience is how long a whole exchange may take.
	patience = 5 * time.Second
	// maxAnswerBytes is the longest body that is accepted.
	maxAnswerBytes = 1 << 20
)

// ErrForbidden says that the address is private or reserved.
var ErrForbidden = errors.New("outbound: an address that is not public")

// ErrTooLong says that the body is longer than the caller accepts.
var ErrTooLong = errors.New("outbound: an answer that is too long")

// A StatusError says that the answer has another status than 200.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	return fmt.Sprintf("outbound: an answer of status %d", e.Status)
}

// Options are the options of Client.
type Options struct {
	// Private also allows loopback, private and link-local addresses.
	Private bool
	// Loopback also allows the addresses of this machine.
	Loopback bool
	// Roots are the certificate authorities to trust; nil: those of the system.
	Roots *x509.CertPool
}

// Client returns an HTTP client for addresses that others chose. It checks the address when
// it connects, after the name was resolved, so a name that resolves differently each time
// does not lead inside. It does not follow redirects, use a proxy or keep connections open.
func Client(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: patience, KeepAlive: -1}
	switch {
	case o.Private:
	case o.Loopback:
		dialer.Control = only(func(a netip.Addr) bool { return public(a) || a.Unmap().IsLoopback() })
	default:
		dialer.Control = only(public)
	}
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience, MaxResponseHeaderBytes: 64 << 10,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		},
	}
}

// only refuses to connect to other addresses than the allowed ones.
func only(allowed func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		host, err := netip.ParseAddrPort(address)
		if err != nil || !allowed(host.Addr()) {
			return fmt.Errorf("%w: %s", ErrForbidden, address)
		}
		return nil
	}
}

// reserved are the ranges that netip has no method for (IANA special-purpose registries).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // shared address space, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // future use, broadcast
	netip.MustParsePrefix("::/96"),           // IPv4-compatible
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64: an IPv4 address inside
	netip.MustParsePrefix("64:ff9b:1::/48"),  // NAT64
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: an IPv4 address inside
	netip.MustParsePrefix("3fff::/20"),       // documentation, RFC 9637
	netip.MustParsePrefix("5f00::/16"),       // segment routing, RFC 9602
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Get returns the body of a document. A status other than 200, or a body of more than
// maxAnswerBytes, is an error.
func Get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	body, _, err := Fetch(ctx, client, url, maxAnswerBytes)
	return body, err
}

// Fetch returns the body of a document, of at most most bytes, and the header that came
// with it. It returns a *StatusError, ErrTooLong, ErrForbidden or an error of the network.
func Fetch(ctx context.Context, client *http.Client, url string, most int) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("making a request to another server: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("sending a request to another server: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("sending a request to another server: %w", &StatusError{answer.StatusCode})
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading another server's answer: %w", err)
	}
	if len(body) > most {
		return nil, nil, fmt.Errorf("%w: it has more than %d bytes", ErrTooLong, most)
	}
	return body, answer.Header, nil
}
