package authorize

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/cursor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/store"
)

type known map[string]store.Client

func (k known) ClientByID(_ context.Context, id string) (store.Client, error) {
	if c, ok := k[id]; ok {
		return c, nil
	}
	return store.Client{}, store.ErrNotFound
}

type noHints struct{}

func (noHints) Hint(context.Context, string) (token.ID, error) { return token.ID{}, token.ErrInvalid }

// noKeys refuses every request object.
type noKeys struct{}

func (noKeys) CheckObject(context.Context, store.Client, string) (time.Time, error) {
	return time.Time{}, oauth.InvalidRequestObject.Because("no keys")
}

// noAPIs is a store without APIs.
type noAPIs struct{}

func (noAPIs) APIByIdentifier(context.Context, string) (store.API, error) {
	return store.API{}, store.ErrNotFound
}

func (noAPIs) APIByID(context.Context, string) (store.API, error) {
	return store.API{}, store.ErrNotFound
}

func endpoint() *Endpoint {
	return &Endpoint{
		Objects: noKeys{},
		APIs:    &apis.Catalog{Store: noAPIs{}, Audience: "https://id.example", Now: time.Now},
		Clients: known{"web": {ID: "web", AuthMethod: store.SecretBasic, Scope: "openid email", RedirectURIs: []string{"https://web.example/cb"}, GrantTypes: []string{grant.AuthorizationCode}}},
		Hints:   noHints{}, Now: func() time.Time { return time.Unix(0, 0) },
	}
}

// Each fault is found before those that come after it: a request with all of them is
// refused for the first and, once that is mended, for the next.
func TestTheOrderOfTheChecks(t *testing.T) {
	values := url.Values{
		"client_id": {"nobody"}, "redirect_uri": {"https://evil.test/"}, "response_mode": {"web_message"}, "state": {"a", "b"}, "request": {"x"}, "request_uri": {"x"},
		"response_type": {"token"}, "code_challenge": {"short"}, "code_challenge_method": {"plain"}, "scope": {"account"}, "prompt": {"none login"}, "max_age": {"x"}, "claims": {"{"}, "id_token_hint": {"x"},
	}
	for _, step := range []struct {
		fault  string
		refuse error // nil: an *oauth.UserError
		mend   url.Values
	}{
		{"unknown client", nil, url.Values{"client_id": {"web"}}},
		{"foreign redirect hides other faults", nil, url.Values{"redirect_uri": {"https://web.example/cb"}}},
		{"response mode", oauth.InvalidRequest, url.Values{"response_mode": {"form_post"}}},
		{"repeated", oauth.InvalidRequest, url.Values{"state": {"a"}}},
		{"request_uri", oauth.RequestURINotSupported, url.Values{"request_uri": nil}},
		{"request object", oauth.InvalidRequestObject, url.Values{"request": nil}},
		{"response type", oauth.UnsupportedResponseType, url.Values{"response_type": {"code"}}},
		{"PKCE", oauth.InvalidRequest, url.Values{"code_challenge": nil, "code_challenge_method": nil}},
		{"scope", oauth.InvalidScope, url.Values{"scope": {"openid"}}},
		{"prompt", oauth.InvalidRequest, url.Values{"prompt": {"none"}}},
		{"max_age", oauth.InvalidRequest, url.Values{"max_age": {"1"}}},
		{"claims", oauth.InvalidRequest, url.Values{"claims": {"{}"}}},
		{"hint", oauth.InvalidRequest, url.Values{"id_token_hint": nil}},
	} {
		_, err := endpoint().examine(t.Context(), values, origin{})
		var shown *oauth.UserError
		var told *toClient
		switch {
		case step.refuse == nil && !errors.As(err, &shown):
			t.Errorf("%s: %v, want one for the person", step.fault, err)
		case step.refuse != nil && (!errors.As(err, &told) || !errors.Is(err, step.refuse)):
			t.Errorf("%s: %v, want %v for the client", step.fault, err, step.refuse)
		case told != nil && step.fault != "response mode" && told.req.mode != oauth.FormPostMode:
			t.Errorf("%s: answered by %s, want form_post as asked", step.fault, told.req.mode)
		}
		for name, v := range step.mend {
			values[name] = v
			if v == nil {
				delete(values, name)
			}
		}
	}
	if _, err := endpoint().examine(t.Context(), values, origin{}); err != nil {
		t.Errorf("mended: %v", err)
	}
}

// The checks above the line are those of the client and the redirect URI.
func TestTheLineInTheChecks(t *testing.T) {
	for i, c := range checks {
		if above := i < 2; above != (c.name == "client known and enabled" || c.name == "redirect URI registered") {
			t.Errorf("check %d is %q, want the client and the redirect URI first", i, c.name)
		}
	}
}

func TestContinuationsAreSealed(t *testing.T) {
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	c := Continuations{Now: func() time.Time { return now }}
	c.Sealer.Keys = cursor.Fixed([32]byte{1})
	b := oauth.Browser{Pre: "cookie"}
	sealed, err := c.Seal(Continuation{Query: "a=b", Began: now.UnixMilli(), Browser: browserDigest(b)})
	if err != nil {
		t.Fatalf("sealing the text: %v", err)
	}
	opened, err := c.Open(sealed)
	if err != nil || !opened.begunIn(b) || opened.begunIn(oauth.Browser{Pre: "other"}) || opened.begunIn(oauth.Browser{}) || opened.parameters().Get("a") != "b" {
		t.Errorf("opened %+v, %v; want the request, open only to its browser", opened, err)
	}
	var shown *oauth.UserError
	for name, bad := range map[string]string{"edited": "A" + sealed[1:], "empty": "", "longer": sealed + "AA"} {
		if _, err := c.Open(bad); !errors.As(err, &shown) {
			t.Errorf("%s: err = %v, want an error for the page", name, err)
		}
	}
	now = now.Add(continuationLife + time.Millisecond)
	if stale, err := c.Open(sealed); err != nil || !stale.began().Equal(now) || !stale.begunIn(b) || stale.parameters().Get("a") != "b" {
		t.Errorf("stale: opened %+v, %v; want the request, begun now in the same browser", stale, err)
	}
	if unbound := (Continuation{}); unbound.begunIn(b) || unbound.begunIn(oauth.Browser{}) {
		t.Error("a request that is not bound to a browser is accepted in any browser, want it refused")
	}
}

// A parameter of this endpoint is also known where apps push it.
func TestParametersAreKnown(t *testing.T) {
	for _, name := range parameterNames {
		values := url.Values{name: {"x"}}
		if oauth.DropUnknown(values); len(values) == 0 {
			t.Errorf("%s is dropped from a pushed request, want it in the list of package oauth", name)
		}
	}
}
