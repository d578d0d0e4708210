package authorize

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// Nothing is sent anywhere until the address is known to be the client's, and an
// accepted request is within the client's registration.
func FuzzAuthorize(f *testing.F) {
	const good = "client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fcb&response_type=code"
	for _, s := range []string{
		good, good + "&state=a%26b&scope=openid&nonce=n&prompt=login+consent&max_age=0&ui_locales=de+en", good + "&claims=%7B%22userinfo%22%3A%7B%22email%22%3Anull%7D%7D",
		good + "&scope=admin", good + "&state=1&state=2", good + "&response_mode=form_post&prompt=none+login", good + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
		good + "&code_challenge=x&code_challenge_method=plain", "client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fcb%2F..", "client_id=spa&redirect_uri=http%3A%2F%2F127.0.0.1%3A7%2Fcb&response_type=code", good + "&state=%ff",
	} {
		f.Add(s)
	}
	spa := store.Client{ID: "spa", AuthMethod: store.NoSecret, Scope: "openid", RedirectURIs: []string{"http://127.0.0.1/cb"}, GrantTypes: []string{grant.AuthorizationCode}}
	at := endpoint()
	at.Clients = known{"web": at.Clients.(known)["web"], "spa": spa}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		req, err := at.examine(t.Context(), values, origin{})
		var told *toClient
		if errors.As(err, &told) {
			req = told.req
		} else if err != nil {
			return
		}
		if !redirectRegistered(req.client, req.redirectURI) {
			t.Fatalf("%q is answered at %q, want a registered address", query, req.redirectURI)
		}
		leadsBack(t, req)
		if err == nil && (!req.granted.Scope.Within(authz.Scope(req.client.Scope)) || !req.asked.Within(authz.Scope(req.client.Scope)) || req.client.Public() && req.get("code_challenge") == "") {
			t.Errorf("%q was accepted for %q, want no more than the registered scope", query, req.asked)
		}
	})
}

// leadsBack fails unless an answer goes to the registered host with the state as it came.
func leadsBack(t *testing.T, req *request) {
	t.Helper()
	location := Answer{RedirectURI: req.redirectURI, Parameters: url.Values{"code": {"c"}, "state": {req.state()}}}.Location()
	to, err := url.Parse(location)
	from, fromErr := url.Parse(req.redirectURI)
	if err != nil || fromErr != nil || to.Host != from.Host || to.Path != from.Path || to.Fragment != "" || to.Query().Get("state") != req.state() {
		t.Errorf("%q leads to %q, %v; want the same place, with the state", req.redirectURI, location, err)
	}
}

// A text that was not sealed here does not open.
func FuzzContinuation(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	c := Continuations{Now: func() time.Time { return now }}
	c.Sealer.Keys = cursor.Fixed([32]byte{1})
	sealed, err := c.Seal(Continuation{Query: "client_id=web&state=%00", Began: now.UnixMilli(), Browser: "b"})
	if err != nil {
		f.Fatalf("sealing the text: %v", err)
	}
	other, err := c.Sealer.Seal("logout request v1", map[string]string{"c": "web"})
	if err != nil {
		f.Fatalf("sealing the text: %v", err)
	}
	for _, s := range []string{sealed, other, sealed + "=", sealed[:20], "", "AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := c.Open(raw); err == nil && raw != sealed {
			t.Errorf("%q was opened, want an error: it was not sealed here", raw)
		}
	})
}
