package authorize

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/oauth"
	"gatehouse/store"
)

func TestRedirectRegistered(t *testing.T) {
	native := store.Client{AuthMethod: store.NoSecret, RedirectURIs: []string{"http://127.0.0.1/cb", "http://[::1]:8080/cb?x=1", "com.example.app:/cb", "http://localhost/cb"}}
	for uri, want := range map[string]bool{
		"http://127.0.0.1/cb": true, "http://127.0.0.1:1/cb": true, "http://127.0.0.1:65535/cb": true, "http://[::1]:2/cb?x=1": true, "com.example.app:/cb": true, "http://localhost/cb": true,
		"http://localhost:3000/cb": true, "http://localhost:0/cb": false, "http://localhost:3000/": false, "http://localhost.evil/cb": false, "http://localhost:1@evil/cb": false, "http://LOCALHOST:3000/cb": false,
		"http://[::1]/cb": false, "http://127.0.0.1:0/cb": false, "http://127.0.0.1:65536/cb": false, "http://127.0.0.1:01/cb": false, "http://127.0.0.1:/cb": false, "http://127.0.0.1:1@evil/cb": false,
		"http://127.0.0.1.evil/cb": false, "http://127.0.0.1:1": false, "http://127.0.0.1:1/cb#": false, "http://127.0.0.1:1/cb?": false, "http://[::1]:2/cb": false, "": false,
	} {
		if got := redirectRegistered(native, uri); got != want {
			t.Errorf("%q: accepted is %t, want %t", uri, got, want)
		}
	}
	// The name localhost and the addresses are not the same, and only a client with nothing
	// but its own machine's addresses may choose the port of the name.
	for _, c := range []struct {
		registered []string
		uri        string
		want       bool
	}{
		{[]string{"http://localhost:3000/cb"}, "http://127.0.0.1:3000/cb", false},
		{[]string{"http://localhost:3000/cb"}, "http://[::1]:3000/cb", false},
		{[]string{"http://127.0.0.1:3000/cb"}, "http://localhost:3000/cb", false},
		{[]string{"http://localhost:3000/cb"}, "http://localhost:5173/cb", true},
		{[]string{"http://localhost:3000/cb", "com.example.app:/cb", "http://127.0.0.1/cb"}, "http://localhost/cb", true},
		{[]string{"http://localhost:3000/cb", "https://web.example/cb"}, "http://localhost:3000/cb", true},
		{[]string{"http://localhost:3000/cb", "https://web.example/cb"}, "http://localhost:5173/cb", false},
		{[]string{"http://127.0.0.1:3000/cb", "https://web.example/cb"}, "http://127.0.0.1:5173/cb", true},
	} {
		if got := redirectRegistered(store.Client{AuthMethod: store.NoSecret, RedirectURIs: c.registered}, c.uri); got != c.want {
			t.Errorf("%q of a client with %q: accepted is %t, want %t", c.uri, c.registered, got, c.want)
		}
	}
	confidential := native
	confidential.AuthMethod = store.SecretBasic
	if redirectRegistered(confidential, "http://127.0.0.1:1/cb") || redirectRegistered(confidential, "http://localhost:1/cb") {
		t.Error("a confidential client may choose the port, want only the registered one")
	}
	if redirectRegistered(store.Client{AuthMethod: store.NoSecret}, "https://learn.example/") {
		t.Error("an address that is not registered was accepted, want it refused")
	}
}

// An accepted URI leads to a registered host and path, as net/url reads it.
func FuzzRedirectRegistered(f *testing.F) {
	client := store.Client{AuthMethod: store.NoSecret, RedirectURIs: []string{"https://web.example/cb", "http://127.0.0.1/cb", "http://[::1]:8080/cb?x=1"}}
	for _, seed := range append(client.RedirectURIs, "http://127.0.0.1:51004/cb", "http://127.0.0.1:80@evil/cb", "http://[::1]:1/cb?x=1", "https://web.example.evil/cb", "http://127.0.0.1:1\\@evil/cb", "http://127.0.0.1:٣/cb") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if !redirectRegistered(client, uri) {
			return
		}
		if slices.Contains(client.RedirectURIs, uri) {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.User != nil || u.Fragment != "" || strings.ContainsAny(uri, "\\#@ \t\r\n") {
			t.Fatalf("%q: %v, want an address without user, fragment and odd characters", uri, err)
		}
		host, err := netip.ParseAddr(u.Hostname())
		if err != nil || !host.IsLoopback() || u.Scheme != "http" || u.Path != "/cb" || host.Is6() != (u.RawQuery == "x=1") || host.Is4() && u.RawQuery != "" {
			t.Errorf("%q leads to %v, want the registered loopback address", uri, u)
		}
	})
}

func TestLocation(t *testing.T) {
	for redirectURI, want := range map[string]string{
		"https://a/cb": "https://a/cb?code=c+%26", "https://a/cb?x=1": "https://a/cb?x=1&code=c+%26", "https://a/cb?": "https://a/cb?code=c+%26", "https://a/cb?x=1&": "https://a/cb?x=1&code=c+%26",
	} {
		if got := (Answer{RedirectURI: redirectURI, Parameters: url.Values{"code": {"c &"}}}).Location(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		want = redirectURI + "#code=c+%26"
		if got := (Answer{Mode: oauth.FragmentMode, RedirectURI: redirectURI, Parameters: url.Values{"code": {"c &"}}}).Location(); got != want {
			t.Errorf("in the fragment: %q, want %q", got, want)
		}
	}
}
