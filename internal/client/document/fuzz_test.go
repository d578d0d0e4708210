package document

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// Whatever a document says, the client is one that a stranger may be.
func FuzzDescribe(f *testing.F) {
	const id = "https://a.example/b"
	f.Add(`{"client_id":"https://a.example/b","client_name":"A","redirect_uris":["https://a.example/cb"]}`)
	f.Add(`{"client_id":"https://a.example/b","client_name":"A","redirect_uris":["http://localhost"],"grant_types":["password"],"first_party":true}`)
	f.Add(`{"client_id":"https://a.example/b","client_name":"A","redirect_uris":["javascript:0"],"token_endpoint_auth_methods_supported":["private_key_jwt"],"jwks":{}}`)
	s := &Service{Rules: &client.Service{Grants: grant.Types()}}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := s.describe(id, []byte(text), time.Unix(1, 0))
		if err != nil {
			if _, refused := errors.AsType[*Refused](err); !refused {
				t.Errorf("%q: err = %v, want a refusal", text, err)
			}
			return
		}
		foreign := func(name string) bool { return !slices.Contains(grants, name) }
		if c.ID != id || c.Origin != store.OriginDocument || c.FirstParty || c.Disabled || len(c.Secrets) > 0 || c.BackchannelLogoutURI != "" ||
			!slices.Contains(methods, c.AuthMethod) || slices.ContainsFunc(c.GrantTypes, foreign) || c.AuthMethod == store.PrivateKeyJWT && c.JWKS+c.JWKSURI == "" {
			t.Errorf("%q: describes %+v, want a client of a stranger", text, c)
		}
		for _, uri := range c.RedirectURIs {
			if fault := client.RedirectFault(uri); fault != "" {
				t.Errorf("%q has the redirect URI %q, want none with a fault: %s", text, uri, fault)
			}
		}
	})
}

// A URL that is fetched is one of a host outside, and reads the same to every parser.
func FuzzAddress(f *testing.F) {
	for _, id := range []string{"https://a.example/b", "https://a.example:8443/b?c=d", "https://[2001:db8::1]/", "https://id.example/x", "https://a.example/%2e", "https://a@b/c"} {
		f.Add(id)
	}
	s := &Service{Issuer: "https://id.example", Switch: &Switch{Mode: Auto}}
	f.Fuzz(func(t *testing.T, id string) {
		if s.allowed(id) != nil {
			return
		}
		u, err := url.Parse(id)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path == "" || u.Fragment != "" || strings.ContainsAny(id, "#\\@ ") && !strings.Contains(u.RequestURI(), "@") {
			t.Errorf("%q is fetched, want only a plain https URL", id)
		}
		if u.Hostname() == "id.example" && portOf(u) == "443" || !client.IsHost(u.Hostname()) {
			t.Errorf("%q is fetched, want only a host outside", id)
		}
	})
}
