package oauth

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/internal/grant"
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

func endpoint() *Authorization {
	return &Authorization{
		Clients: known{"web": {ID: "web", AuthMethod: store.SecretBasic, Scope: "openid email", RedirectURIs: []string{"https://web.example/cb"}, GrantTypes: []string{grant.AuthorizationCode}}},
		Hints:   noHints{}, Now: func() time.Time { return time.Unix(0, 0) },
	}
}

// Each fault is found before those that come after it: a request with all of them
// is refused for the first, and, mended one after the other, for the next.
func TestTheOrderOfTheChecks(t *testing.T) {
	values := url.Values{
		"client_id": {"nobody"}, "redirect_uri": {"https://evil.test/"}, "response_mode": {"fragment"}, "state": {"a", "b"}, "request": {"x"}, "request_uri": {"x"},
		"response_type": {"token"}, "code_challenge": {"short"}, "code_challenge_method": {"plain"}, "scope": {"admin"}, "prompt": {"none login"}, "max_age": {"x"}, "claims": {"{"}, "id_token_hint": {"x"},
	}
	for _, step := range []struct {
		fault  string
		refuse error // nil: a *Shown
		mend   url.Values
	}{
		{"unknown client", nil, url.Values{"client_id": {"web"}}},
		{"foreign redirect hides other faults", nil, url.Values{"redirect_uri": {"https://web.example/cb"}}},
		{"response mode", InvalidRequest, url.Values{"response_mode": {"form_post"}}},
		{"repeated", InvalidRequest, url.Values{"state": {"a"}}},
		{"request object", RequestNotSupported, url.Values{"request": nil}},
		{"request_uri", RequestURINotSupported, url.Values{"request_uri": nil}},
		{"response type", UnsupportedResponseType, url.Values{"response_type": {"code"}}},
		{"PKCE", InvalidRequest, url.Values{"code_challenge": nil, "code_challenge_method": nil}},
		{"scope", InvalidScope, url.Values{"scope": {"openid"}}},
		{"prompt", InvalidRequest, url.Values{"prompt": {"none"}}},
		{"max_age", InvalidRequest, url.Values{"max_age": {"1"}}},
		{"claims", InvalidRequest, url.Values{"claims": {"{}"}}},
		{"hint", InvalidRequest, url.Values{"id_token_hint": nil}},
	} {
		_, err := endpoint().examine(t.Context(), values, false)
		var shown *Shown
		var told *refusal
		switch {
		case step.refuse == nil && !errors.As(err, &shown):
			t.Errorf("%s: %v, want one for the person", step.fault, err)
		case step.refuse != nil && (!errors.As(err, &told) || !errors.Is(err, step.refuse)):
			t.Errorf("%s: %v, want %v for the client", step.fault, err, step.refuse)
		case told != nil && step.fault != "response mode" && told.req.mode != FormPostMode:
			t.Errorf("%s: answered by %s, want form_post as asked", step.fault, told.req.mode)
		}
		for name, v := range step.mend {
			values[name] = v
			if v == nil {
				delete(values, name)
			}
		}
	}
	if _, err := endpoint().examine(t.Context(), values, false); err != nil {
		t.Errorf("mended: %v", err)
	}
}

// Nothing is written into a check that the table does not have, and the line
// between the person and the client is where it belongs.
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
	b := Browser{Pre: "cookie"}
	sealed, err := c.Seal(Continuation{Query: "a=b", Began: now.UnixMilli(), Browser: browserDigest(b)})
	if err != nil {
		t.Fatalf("sealing the text: %v", err)
	}
	opened, err := c.Open(sealed)
	if err != nil || !opened.begunIn(b) || opened.begunIn(Browser{Pre: "other"}) || opened.begunIn(Browser{}) || opened.parameters().Get("a") != "b" {
		t.Errorf("opened %+v, %v; want the request of its browser alone", opened, err)
	}
	var shown *Shown
	for name, bad := range map[string]string{"edited": "A" + sealed[1:], "empty": "", "longer": sealed + "AA"} {
		if _, err := c.Open(bad); !errors.As(err, &shown) {
			t.Errorf("%s: err = %v, want an error for the page", name, err)
		}
	}
	now = now.Add(continuationLife + time.Millisecond)
	if _, err := c.Open(sealed); !errors.As(err, &shown) {
		t.Errorf("stale: %v", err)
	}
	if unbound := (Continuation{}); unbound.begunIn(b) || unbound.begunIn(Browser{}) {
		t.Error("one that is bound to no browser passes for one of every browser")
	}
}

func TestUserCodes(t *testing.T) {
	for range 100 {
		code := newUserCode()
		if got, ok := canonical(readable(code)); !ok || got != code {
			t.Errorf("%q is read again as %q, want the same", code, got)
		}
	}
}

func TestVerified(t *testing.T) {
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, Appendix B
	for _, tt := range []struct {
		challenge, verifier string
		want                bool
	}{{challenge, verifier, true}, {"", "", true}, {challenge, "", false}, {"", verifier, false}, {challenge, challenge, false}, {challenge, verifier + "\n", false}} {
		if verified(tt.challenge, tt.verifier) != tt.want {
			t.Errorf("verified(%+v) is wrong, want %t", tt, tt.want)
		}
	}
}
