package client

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// A URI that can be registered leads to one host by TLS, to this machine, or to an app
// by its own scheme, and it cannot be read in two ways.
func FuzzRedirectFault(f *testing.F) {
	for _, s := range []string{
		"https://a.example/cb", "https://a.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:1/cb", "http://localhost/cb", "com.example.app:/cb", "com.example.app://host/cb",
		"https://good@evil/", "https://good:443@evil/", "https://evil\\@good/", "JaVaScRiPt:alert(1)", "java\tscript:x", "data:text/html,x", "https:///x", "https:x", "https://*.example/", "http://127.0.0.1.nip.io/", "http://localhost.evil.com/", "https://a.example/#", "//a.example", "https://a.example/..;/x", "http://2130706433/", "http://[::1%25eth0]/", "http://[::ffff:127.0.0.1]/", "https://a.example:99999/", "https://a%2eexample/", "x.y:javascript:alert(1)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if redirectFault(uri) != "" {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.User != nil || u.Fragment != "" || len(uri) > maxURIBytes || strings.ContainsAny(uri, "\\# \t\r\n\x00") {
			t.Fatalf("%q was accepted: %v", uri, err)
		}
		scheme, rest, _ := strings.Cut(uri, ":")
		switch lower := strings.ToLower(scheme); {
		case lower == "https" || lower == "http":
			host, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
			if host, _, _ = strings.Cut(host, "?"); !strings.HasPrefix(rest, "//") || host != u.Host || u.Hostname() == "" || strings.ContainsAny(host, "@*%") {
				t.Errorf("%q leads to %q, want the host that was read", uri, host)
			}
			ip, ipErr := netip.ParseAddr(u.Hostname())
			if lower == "http" && u.Hostname() != "localhost" && (ipErr != nil || !ip.IsLoopback()) {
				t.Errorf("%q is not this machine, want plain http only for the loopback", uri)
			}
		case !strings.Contains(lower, "."):
			t.Errorf("%q may run, want a scheme with a dot", uri)
		}
		if keysFault(uri) == "" && u.Scheme != "https" || backchannelFault(uri) == "" && strings.Contains(u.Scheme, ".") {
			t.Errorf("we would fetch keys from %q, want an https address", uri)
		}
	})
}
