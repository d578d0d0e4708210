package loopback_test

import (
	"testing"

	"gatehouse/internal/loopback"
)

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.1.2.3": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "app.localhost": false, "LOCALHOST": false,
		"::1%eth0": false, "fe80::1%eth0": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "2130706433": false, "127.1": false,
	} {
		if got := loopback.Host(host); got != want {
			t.Errorf("Host(%q) = %t, want %t", host, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for uri, want := range map[string]struct {
		origin, rest string
		ok           bool
	}{
		"http://127.0.0.1":           {"http://127.0.0.1", "", true},
		"http://127.0.0.1/cb?x=1":    {"http://127.0.0.1", "/cb?x=1", true},
		"http://127.0.0.1:51004/cb":  {"http://127.0.0.1", "/cb", true},
		"http://[::1]:65535?x":       {"http://[::1]", "?x", true},
		"http://127.0.0.1:0/cb":      {},
		"http://127.0.0.1:01/cb":     {},
		"http://127.0.0.1:/cb":       {},
		"http://127.0.0.1:65536/cb":  {},
		"http://127.0.0.1:1@evil/cb": {},
		"http://127.0.0.1.evil/cb":   {},
		"http://localhost:3000/cb":   {"http://localhost", "/cb", true},
		"http://localhost.evil/cb":   {},
		"http://LOCALHOST/cb":        {},
		"https://localhost/cb":       {},
		"http://127.0.0.2/cb":        {},
		"https://127.0.0.1/cb":       {},
		"HTTP://127.0.0.1/cb":        {},
	} {
		origin, rest, ok := loopback.Split(uri)
		if ok != want.ok || ok && (origin != want.origin || rest != want.rest) {
			t.Errorf("Split(%q) = %q, %q, %t, want %q, %q, %t", uri, origin, rest, ok, want.origin, want.rest, want.ok)
		}
	}
}
