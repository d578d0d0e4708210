package config

import (
	"strings"
	"testing"
)

// The address of the metadata has the path of the resource behind the name (RFC 9728 §3.1).
func TestWhereOurOwnAPIIsDescribed(t *testing.T) {
	const host = "https://id.example"
	for _, c := range []struct{ issuer, audience, want string }{
		{"http://localhost:8080", "http://localhost:8080", "http://localhost:8080/.well-known/oauth-protected-resource"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080/.well-known/oauth-protected-resource"},
		{host, host, host + "/.well-known/oauth-protected-resource"},
		{host, host + "/", host + "/.well-known/oauth-protected-resource"},
		{host, "https://ID.example", "https://ID.example/.well-known/oauth-protected-resource"},
		{host, host + "/api", host + "/.well-known/oauth-protected-resource/api"},
		{host + "/auth", host + "/auth", host + "/.well-known/oauth-protected-resource/auth"},
		{host + "/auth", host + "/auth/api", host + "/.well-known/oauth-protected-resource/auth/api"},

		{host, "urn:our:api", "it is not a URL"},
		{host, "gatehouse", "it is not a URL"},
		{host, "https://%zz", "it is not a URL"},
		{"http://gatehouse:8080", "http://gatehouse:8080", "it is not https"},
		{host, "ftp://id.example", "it is not https"},
		{host, "https://api.example", "another host than the issuer"},
		{host, "https://id.example:8443", "another host than the issuer"},
		{"http://localhost:8080", "https://localhost:8080", "another host than the issuer"},
		{host + "/auth", host, "not below the path of the issuer"},
		{host + "/auth", host + "/authority", "not below the path of the issuer"},
		{host, host + "?v=1", "a query"},
		{host, host + "#api", "a fragment"},
		{host, "https://ann@id.example", "a user"},
		{host, host + "/{id}", "its path has more in it"},
		{host, host + "/api/", "its path has more in it"},
		{host, host + "/a/../b", "its path has more in it"},
		{host, host + "/a%2fb", "its path has more in it"},
	} {
		at, err := Config{Issuer: c.issuer, Audience: c.audience}.ResourceMetadata()
		if strings.HasPrefix(c.want, "http") && (err != nil || at.String() != c.want) {
			t.Errorf("%s at %s: %v, %v; want %s", c.audience, c.issuer, at, err, c.want)
		}
		if !strings.HasPrefix(c.want, "http") && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s at %s: %v, %v; want no address, because %s", c.audience, c.issuer, at, err, c.want)
		}
	}
}
