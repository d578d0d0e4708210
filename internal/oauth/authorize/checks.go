package authorize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/client/document"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// checks are the rules of the authorization endpoint in the order in which they
// run; the first refusal wins. The order is part of the protocol: nothing may be
// sent to the redirect URI until it is known to be the client's (RFC 6749
// §4.1.2.1), so a failure above the line is shown to the person.
//
// The response mode comes first below the line, so that every later refusal uses it.
var checks = []struct {
	name string
	ask  func(*Endpoint, context.Context, *request) error
}{
	{"client known and enabled", clientKnown},
	{"redirect URI registered", redirectKnown},
	// ---- the line: a refusal below it goes to the client
	{"response mode", responseModeKnown},
	{"no parameter repeated or garbled", wellFormed},
	{"no foreign reference", noForeignReference},
	{"request object", objectHolds},
	{"response type", responseTypeIsCode},
	{"grant registered", grantRegistered},
	{"pushed where it must be", pushedWhereRequired},
	{"PKCE", challengeIsS256},
	{"scope and resource", scopeAllowed},
	{"prompt", promptMakesSense},
	{"max_age", maxAgeIsNumber},
	{"nonce", nonceFits},
	{"claims", claimsReadable},
	{"id_token_hint", hintIsOurs},
}

// clientKnown checks client_id (RFC 6749 §3.1, §4.1.1).
func clientKnown(a *Endpoint, ctx context.Context, req *request) error {
	id := req.get("client_id")
	if id == "" || len(id) > oauth.MaxClientID || slices.Contains(req.repeated, "client_id") {
		return oauth.MessageUnknownClient.Because("no client_id, two, or an impossible one").Found(refusal.ClientUnknown)
	}
	client, err := a.clientOf(ctx, req, id)
	refused, described := errors.AsType[*document.Refused](err)
	switch {
	case described:
		return oauth.MessageDocument.Saying(string(refused.Fault)).Because("%w", refused).Showing("client_id", id).Found(refusal.ClientDocument)
	case errors.Is(err, store.ErrNotFound):
		return oauth.MessageUnknownClient.Because("unknown client %.40q", id).Showing("client_id", id).Found(refusal.ClientUnknown)
	case err != nil:
		return fmt.Errorf("reading a client: %w", err)
	}
	reqctx.From(ctx).Client = client.ID
	if client.Disabled {
		return oauth.MessageUnknownClient.Because("client %s is disabled", client.ID).Showing("client_id", id).Found(refusal.ClientDisabled)
	}
	req.client = client
	return nil
}

// clientOf returns the client of a request.
func (a *Endpoint) clientOf(ctx context.Context, req *request, id string) (store.Client, error) {
	if a.Documents == nil {
		return a.Clients.ClientByID(ctx, id)
	}
	find := a.Documents.Find
	if req.resumed {
		find = a.Documents.Again
	}
	found, err := find(ctx, id)
	req.askSince = found.AskSince
	return found.Client, err
}

// redirectKnown checks redirect_uri: OIDC Core 1.0 §3.1.2.1 requires it, and RFC 9700
// §2.1 requires an exact match with a registered one.
func redirectKnown(_ *Endpoint, _ context.Context, req *request) error {
	uri := req.get("redirect_uri")
	switch {
	case slices.Contains(req.repeated, "redirect_uri"):
		return oauth.MessageRedirect.Because("two redirect URIs for client %s", req.client.ID).Found(refusal.RedirectUnregistered)
	case uri == "":
		return oauth.MessageNoRedirect.Because("no redirect URI for client %s", req.client.ID).
			Comparing(refusal.RedirectMissing, "", strings.Join(req.client.RedirectURIs, " "))
	case !redirectRegistered(req.client, uri):
		return oauth.MessageRedirect.Because("redirect URI %.200q is not registered for client %s", uri, req.client.ID).Showing("redirect_uri", uri).
			Comparing(refusal.RedirectUnregistered, refusal.Address(uri, req.client.RedirectURIs...), refusal.Nearest(uri, req.client.RedirectURIs))
	}
	req.redirectURI = uri
	return nil
}

// responseModeKnown checks response_mode (OAuth 2.0 Multiple Response Types §2.1, Form
// Post Response Mode §2).
func responseModeKnown(_ *Endpoint, _ context.Context, req *request) error {
	switch mode := req.get("response_mode"); {
	case slices.Contains(req.repeated, "response_mode"):
		return oauth.InvalidRequest.Because("two response modes")
	case mode == "":
	case mode == oauth.QueryMode, mode == oauth.FragmentMode, mode == oauth.FormPostMode:
		req.mode = mode
	default:
		return oauth.InvalidRequest.Because("response_mode %.40q", mode)
	}
	return nil
}

// wellFormed refuses repeated parameters and broken UTF-8 (RFC 6749 §3.1, Appendix A).
func wellFormed(_ *Endpoint, _ context.Context, req *request) error {
	if len(req.repeated) > 0 {
		return oauth.InvalidRequest.Because("%d repeated parameters", len(req.repeated))
	}
	if req.malformed {
		return oauth.InvalidRequest.Because("a parameter that is not UTF-8")
	}
	return nil
}

// noForeignReference refuses parameters that we do not support (OIDC Core 1.0 §3.1.2.6).
// The request_uri of a pushed request is already resolved here.
func noForeignReference(_ *Endpoint, _ context.Context, req *request) error {
	switch {
	case req.get("request_uri") != "":
		return oauth.RequestURINotSupported.Because("a request_uri that was not pushed")
	case req.get("registration") != "":
		return oauth.RegistrationUnsupported.Because("a registration parameter")
	}
	return nil
}

// responseTypeIsCode checks response_type (RFC 6749 §3.1.1). Implicit and hybrid
// response types put tokens into URLs (RFC 9700 §2.1.2).
func responseTypeIsCode(_ *Endpoint, _ context.Context, req *request) error {
	switch kind := req.get("response_type"); kind {
	case "code":
		return nil
	case "":
		return oauth.InvalidRequest.Because("no response_type").Comparing(refusal.ResponseTypeMissing, "", "code")
	default:
		return oauth.UnsupportedResponseType.Because("response_type %.40q", kind).Comparing(refusal.ResponseTypeUnsupported, refusal.Word("response_type", kind), "code")
	}
}

func grantRegistered(_ *Endpoint, _ context.Context, req *request) error {
	if !slices.Contains(req.client.GrantTypes, grant.AuthorizationCode) {
		return oauth.UnauthorizedClient.Because("client %s is not registered for %s", req.client.ID, grant.AuthorizationCode).
			Comparing(refusal.GrantUnregistered, grant.AuthorizationCode, strings.Join(req.client.GrantTypes, " "))
	}
	return nil
}

// pushedWhereRequired checks that a client pushes its requests if it must (RFC 9126 §6).
func pushedWhereRequired(_ *Endpoint, _ context.Context, req *request) error {
	if req.client.RequirePAR && !req.pushing && req.pushed == "" {
		return oauth.InvalidRequest.Because("client %s must push its requests", req.client.ID).Hinting("The client is registered to push its requests.").Found(refusal.PARRequired)
	}
	return nil
}

// challengeIsS256 checks the PKCE challenge (RFC 7636 §4.2). A public client must send
// one (RFC 9700 §2.1.1), as must one that is registered so, and the method must be S256; a
// challenge without a method would be plain (RFC 7636 §4.3).
func challengeIsS256(_ *Endpoint, _ context.Context, req *request) error {
	const s256Length = 43 // a SHA-256 in base64url without padding
	challenge, method := req.get("code_challenge"), req.get("code_challenge_method")
	if challenge == "" && method == "" && !req.client.Public() && !req.client.RequirePKCE {
		return nil
	}
	if method != "S256" || len(challenge) != s256Length || strings.ContainsFunc(challenge, oauth.NotBase64URL) {
		kind, given := refusal.PKCEMethod, refusal.Word("code_challenge_method", method)
		if challenge == "" {
			kind, given = refusal.PKCEMissing, ""
		}
		return oauth.InvalidRequest.Because("method %.20q, challenge of %d characters", method, len(challenge)).
			Hinting("The client must send a code_challenge, by the method S256."). // RFC 7636 §4.4.1
			Comparing(kind, given, "S256")
	}
	return nil
}

// scopeAllowed decides the scope and the resources (RFC 6749 §3.3, RFC 8707 §2.1).
func scopeAllowed(a *Endpoint, ctx context.Context, req *request) (err error) {
	req.granted, err = a.APIs.Grant(ctx, req.client, apis.Asked{Scope: req.get("scope"), Resources: req.params[oauth.Resource]})
	return err
}

// promptMakesSense checks prompt (OIDC Core 1.0 §3.1.2.1): "none" must stand alone.
func promptMakesSense(_ *Endpoint, _ context.Context, req *request) error {
	req.prompt = strings.Fields(req.get("prompt"))
	for _, p := range req.prompt {
		if !slices.Contains(promptValues, p) {
			return oauth.InvalidRequest.Because("prompt %.20q", p)
		}
	}
	if req.asks("none") && len(req.prompt) > 1 {
		return oauth.InvalidRequest.Because("prompt none together with another")
	}
	return nil
}

var promptValues = []string{"none", "login", "consent", "select_account"}

// maxAgeIsNumber checks max_age, in seconds (OIDC Core 1.0 §3.1.2.1).
func maxAgeIsNumber(_ *Endpoint, _ context.Context, req *request) error {
	given := req.get("max_age")
	if given == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(given, 10, 31)
	if err != nil {
		return oauth.InvalidRequest.Because("max_age %.20q", given)
	}
	req.maxAge = time.Duration(seconds) * time.Second
	return nil
}

// nonceFits bounds the nonce, because it comes back in the ID token.
func nonceFits(_ *Endpoint, _ context.Context, req *request) error {
	const maxNonceBytes = 1024
	if n := len(req.get("nonce")); n > maxNonceBytes {
		return oauth.InvalidRequest.Because("nonce of %d bytes", n)
	}
	return nil
}

// claimsReadable reads the claims parameter (OIDC Core 1.0 §5.5) and adds the scopes of
// its claims to what the person is asked for. A claim outside the client's
// registration is left out without an error (§5.5.1).
func claimsReadable(_ *Endpoint, _ context.Context, req *request) error {
	wishes, err := claims.Parse(req.get("claims"))
	if err != nil {
		return oauth.InvalidRequest.Because("%w", err)
	}
	req.wishes = wishes
	req.asked = req.granted.Scope.With(wishes.Within(authz.Scope(req.client.Scope)).Scope())
	return nil
}

// hintIsOurs checks that id_token_hint is an ID token that we issued to this client
// (OIDC Core 1.0 §3.1.2.1). Whether it names the person at the browser is decided later.
func hintIsOurs(a *Endpoint, ctx context.Context, req *request) error {
	raw := req.get("id_token_hint")
	if raw == "" {
		return nil
	}
	hint, err := a.Hints.Hint(ctx, raw)
	if errors.Is(err, token.ErrInvalid) {
		return oauth.InvalidRequest.Because("id_token_hint: %w", err)
	}
	if err != nil {
		return fmt.Errorf("reading an id_token_hint: %w", err)
	}
	if hint.Audience != req.client.ID {
		return oauth.InvalidRequest.Because("id_token_hint of client %.40q", hint.Audience)
	}
	req.hint = hint
	return nil
}
