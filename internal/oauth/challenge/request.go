package challenge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/apis"
	"gatehouse/internal/factor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

// An asked is what the app asks for: what the code will be good for.
type asked struct {
	Scope     string   `json:"scope"`
	Resources []string `json:"resources,omitempty"`
	// Challenge is that of PKCE, by the method S256 (RFC 7636 §4.2).
	Challenge string `json:"challenge"`
	// Name is the name that the person entered; empty: none yet.
	Name string `json:"name,omitempty"`
}

// forBrowser returns the same as a request for the authorization endpoint.
func (a asked) forBrowser() url.Values {
	values := url.Values{"response_type": {"code"}, "code_challenge": {a.Challenge}, "code_challenge_method": {"S256"}, oauth.Resource: a.Resources}
	for name, value := range map[string]string{"scope": a.Scope, "login_hint": a.Name} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

// A request is one call of the endpoint.
type request struct {
	client store.Client
	form   url.Values
	asked  asked
	// digest is that of the auth_session, if one was sent that lacks a first factor.
	digest store.Digest
	begun  bool
}

func (r *request) answer() factor.Answer {
	return factor.Answer{OTP: r.form.Get("otp"), RecoveryCode: r.form.Get("recovery_code")}
}

// entitled returns an *oauth.Error unless the client may call the endpoint. A client that
// was just changed is read again.
func (e *Endpoint) entitled(ctx context.Context, client store.Client) (store.Client, error) {
	if mayCall(client) == nil {
		return client, nil
	}
	client, err := e.Clients.Fresh(ctx, client.ID)
	if err != nil {
		return client, fmt.Errorf("reading a client: %w", err)
	}
	return client, mayCall(client)
}

func mayCall(client store.Client) error {
	if !slices.Contains(client.GrantTypes, grant.Challenge) {
		return oauth.UnauthorizedClient.Because("client %s is not registered for %s", client.ID, grant.Challenge).Comparing(refusal.GrantUnregistered, grant.Challenge, strings.Join(client.GrantTypes, " "))
	}
	if !client.FirstParty {
		return oauth.UnauthorizedClient.Because("client %s is not first-party", client.ID)
	}
	return nil
}

// read fills in what the app asks for: from the form of a first call, or from the call that
// began. A later call need not repeat it, and must not change it.
func (e *Endpoint) read(ctx context.Context, req *request, before []byte) error {
	if before == nil {
		return e.begin(ctx, req)
	}
	if err := json.Unmarshal(before, &req.asked); err != nil {
		return fmt.Errorf("decoding what an app asked for: %w", err)
	}
	for name, was := range map[string]string{"scope": req.asked.Scope, "code_challenge": req.asked.Challenge, "code_challenge_method": "S256", "response_type": "code"} {
		if now := req.form.Get(name); now != "" && now != was {
			return oauth.InvalidRequest.Because("another %s than before", name)
		}
	}
	return nil
}

func (e *Endpoint) begin(ctx context.Context, req *request) error {
	if err := wellFormed(req.form); err != nil {
		return err
	}
	req.asked = asked{Scope: req.form.Get("scope"), Resources: req.form[oauth.Resource], Challenge: req.form.Get("code_challenge")}
	_, err := e.grant(ctx, req)
	return err
}

// grant returns what the code will give, by the rules of today.
func (e *Endpoint) grant(ctx context.Context, req *request) (apis.Grant, error) {
	return e.APIs.Grant(ctx, req.client, apis.Asked{Scope: req.asked.Scope, Resources: req.asked.Resources})
}

// wellFormed checks response_type and the PKCE challenge, which every client must send.
func wellFormed(form url.Values) error {
	const s256Length = 43 // a SHA-256 in base64url without padding
	challenge := form.Get("code_challenge")
	switch kind := form.Get("response_type"); {
	case kind == "":
		return oauth.InvalidRequest.Because("no response_type").Comparing(refusal.ResponseTypeMissing, "", "code")
	case kind != "code":
		return oauth.UnsupportedResponseType.Because("response_type %.40q", kind).Comparing(refusal.ResponseTypeUnsupported, refusal.Word("response_type", kind), "code")
	case form.Get("code_challenge_method") != "S256" || len(challenge) != s256Length || strings.ContainsFunc(challenge, oauth.NotBase64URL):
		return oauth.InvalidRequest.Because("no code_challenge by S256").Hinting("The client must send a code_challenge, by the method S256.").Comparing(refusal.PKCEMissing, "", "S256")
	}
	return nil
}

// errGone says that an auth_session continues nothing.
var errGone = errors.New("challenge: no sign-in of this client waits under this auth_session")
