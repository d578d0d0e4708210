package web_test

import (
	"testing"

	"gatehouse/web"
)

func TestSource(t *testing.T) {
	for address, want := range map[string]string{
		"https://web.example/cb": "https://web.example", "https://web.example:8443/cb?x": "https://web.example:8443", "http://127.0.0.1:51004/cb": "http://127.0.0.1:51004",
		"https://my_app.example/": "https://my_app.example", "http://[::1]:1/cb": "http:", "com.example.app:/cb": "com.example.app:",
		"https://a;b/cb": "", "https://a,b/cb": "", "https://*.a.example/": "", "https://'self'/": "", "https://bücher.example/": "", "%": "", "/cb": "", "": "",
	} {
		if got := web.Source(address); got != want {
			t.Errorf("Source(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestPolicyLeavesOutEmptySources(t *testing.T) {
	if got, want := web.Policy("", web.Source("https://a;b")), web.Policy(); got != want {
		t.Errorf("Policy with empty sources = %q, want %q", got, want)
	}
}
