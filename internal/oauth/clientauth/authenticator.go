package clientauth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/client/document"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// Authenticator authenticates the client of a request (RFC 6749 §2.3).
type Authenticator struct {
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
		Fresh(ctx context.Context, id string) (store.Client, error)
	}
	// Limits counts the failures of one client from one network. A client that
	// authenticates costs nothing.
	Limits interface {
		Failure(ctx context.Context, kind, id string) error
	}
	// Documents makes clients by URL known. It is nil at endpoints where a client must be
	// known already.
	Documents interface {
		Find(ctx context.Context, id string) (document.Found, error)
	}
	// Assertions verifies private_key_jwt; nil if it is not supported.
	Assertions *Assertions
	Now        func() time.Time
}

// credentials are what a request presents. The secret is an assertion if the method is
// store.PrivateKeyJWT.
type credentials struct{ id, secret, method string }

// proofs check the credentials, by authentication method. The secret is already
// compared.
var proofs = map[string]func(a *Authenticator, r *http.Request, client store.Client, assertion string, secretFits bool) error{
	store.SecretBasic:   bySecret,
	store.SecretPost:    bySecret,
	store.PrivateKeyJWT: byAssertion,
	store.NoSecret:      byNothing,
}

// Fresh returns the client from the record, not from the cache.
func (a *Authenticator) Fresh(ctx context.Context, id string) (store.Client, error) {
	return a.Clients.Fresh(ctx, id)
}

// Authenticate returns the client of a request whose parameters are in r.PostForm
// (RFC 6749 §2.3). It refuses with InvalidClient, or with InvalidRequest if the
// request authenticates in two ways at once.
func (a *Authenticator) Authenticate(r *http.Request) (store.Client, error) {
	given, err := presented(r)
	if err != nil {
		return store.Client{}, err
	}
	if err := a.introduce(r.Context(), given.id); err != nil {
		return store.Client{}, err
	}
	client, err := a.check(r, given, a.Clients.ClientByID)
	if errors.Is(err, oauth.InvalidClient) { // the client may just have been changed
		client, err = a.check(r, given, a.Clients.Fresh)
	}
	if errors.Is(err, oauth.InvalidClient) {
		if limited := a.Limits.Failure(r.Context(), "client", given.id); limited != nil {
			return store.Client{}, fmt.Errorf("counting a failed client authentication: %w", limited)
		}
	}
	if err != nil {
		return store.Client{}, err
	}
	reqctx.From(r.Context()).Actor = audit.ClientSubject(client.ID)
	return client, nil
}

// introduce makes a client by URL known, if this is where it may begin a request. That it
// finds none is left to the check.
func (a *Authenticator) introduce(ctx context.Context, id string) error {
	if a.Documents == nil {
		return nil
	}
	_, err := a.Documents.Find(ctx, id)
	refused, described := errors.AsType[*document.Refused](err)
	switch {
	case described:
		return oauth.InvalidClient.Because("%w", refused).Hinting(string(refused.Fault)).Found(refusal.ClientDocument)
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("finding a client: %w", err)
	}
	return nil
}

// check looks the client up and compares the secret. It compares for unknown clients
// too, so that its time does not reveal them.
func (a *Authenticator) check(r *http.Request, given credentials, find func(context.Context, string) (store.Client, error)) (store.Client, error) {
	client, err := find(r.Context(), given.id)
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return store.Client{}, fmt.Errorf("reading a client: %w", err)
	}
	reqctx.From(r.Context()).Client = client.ID
	fits := hasSecret(client, given.secret, a.Now())
	switch {
	case unknown:
		return store.Client{}, oauth.InvalidClient.Because("unknown client").Found(refusal.ClientUnknown)
	case !slices.Contains(methods(client), given.method):
		return store.Client{}, oauth.InvalidClient.Because("client %s came with %s", client.ID, given.method).
			Hinting("The client is registered for "+strings.Join(methods(client), " or ")+".").
			Comparing(refusal.ClientMethod, given.method, strings.Join(methods(client), " "))
	case client.Disabled:
		return store.Client{}, oauth.InvalidClient.Because("client %s is disabled", client.ID).Found(refusal.ClientDisabled)
	}
	return client, proofs[given.method](a, r, client, given.secret, fits)
}

// methods returns the ways in which a client may authenticate. The two ways to send a
// secret prove the same, and libraries differ in the one that they use, so a client with a
// secret has both unless its registration pins one.
func methods(client store.Client) []string {
	secrets := []string{store.SecretBasic, store.SecretPost}
	if client.AuthMethodPinned || !slices.Contains(secrets, client.AuthMethod) {
		return []string{client.AuthMethod}
	}
	return secrets
}

func bySecret(_ *Authenticator, _ *http.Request, client store.Client, _ string, fits bool) error {
	if !fits {
		return oauth.InvalidClient.Because("client %s came with a wrong secret", client.ID).Found(refusal.ClientSecret)
	}
	return nil
}

func byAssertion(a *Authenticator, r *http.Request, client store.Client, assertion string, _ bool) error {
	if a.Assertions == nil {
		return oauth.InvalidClient.Because("client assertions are not supported").Found(refusal.ClientMethod)
	}
	return a.Assertions.verify(r, client, assertion)
}

// byNothing accepts a public client, which has only its client_id.
func byNothing(*Authenticator, *http.Request, store.Client, string, bool) error { return nil }

// hasSecret compares secret with every secret in force. An empty secret does not fit a
// client that has none.
func hasSecret(client store.Client, secret string, now time.Time) bool {
	digest := store.DigestOf(secret)
	found := 0
	for _, s := range client.Secrets {
		if s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt) {
			found |= subtle.ConstantTimeCompare(digest[:], s.Digest[:])
		}
	}
	return found == 1
}

// presented reads the client's credentials. A request must use only one method
// (RFC 6749 §2.3).
func presented(r *http.Request) (credentials, error) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	header := r.Header.Values("Authorization")
	switch {
	case r.PostForm.Has("client_assertion") || r.PostForm.Has("client_assertion_type"):
		return fromAssertion(r, id, secret, header)
	case len(header) > 1:
		return credentials{}, oauth.InvalidClient.Because("%d Authorization headers", len(header)).Found(refusal.ClientCredentials)
	case len(header) == 1 && secret != "":
		return credentials{}, oauth.InvalidRequest.Because("secrets in both header and body").Found(refusal.ClientCredentials)
	case len(header) == 1:
		return fromHeader(header[0], id)
	case id == "" || len(id) > oauth.MaxClientID:
		return credentials{}, oauth.InvalidClient.Because("no client_id, or an impossible one").Found(refusal.ClientCredentials)
	}
	return withSecret(id, secret, store.SecretPost), nil
}

// fromAssertion reads an assertion (RFC 7521 §4.2). The client_id may be left
// out, and must agree if it is there.
func fromAssertion(r *http.Request, id, secret string, header []string) (credentials, error) {
	raw := r.PostForm.Get("client_assertion")
	switch {
	case secret != "" || len(header) > 0:
		return credentials{}, oauth.InvalidRequest.Because("an assertion beside another way to authenticate").Found(refusal.ClientCredentials)
	case raw == "" || r.PostForm.Get("client_assertion_type") != assertionType:
		return credentials{}, oauth.InvalidClient.Because("an assertion without its type, or with an unknown one").Found(refusal.AssertionInvalid)
	}
	subject, err := claimed(raw)
	if err != nil {
		return credentials{}, oauth.InvalidClient.Because("an assertion that cannot be read: %w", err).Found(refusal.AssertionInvalid)
	}
	if subject == "" || len(subject) > oauth.MaxClientID {
		return credentials{}, oauth.InvalidClient.Because("an assertion without a subject, or an impossible one").Found(refusal.AssertionInvalid)
	}
	if id != "" && id != subject {
		return credentials{}, oauth.InvalidClient.Because("an assertion of one client and the client_id of another").Found(refusal.ClientCredentials)
	}
	return credentials{subject, raw, store.PrivateKeyJWT}, nil
}

// fromHeader reads HTTP Basic credentials, where ID and secret are each
// form-urlencoded (RFC 6749 §2.3.1). A client_id in the body must agree.
func fromHeader(header, bodyID string) (credentials, error) {
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return credentials{}, oauth.InvalidClient.Because("an Authorization header that is not Basic").Found(refusal.ClientCredentials)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(value, " "))
	if err != nil {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials that are not base64").Found(refusal.ClientCredentials)
	}
	id, secret, found := strings.Cut(string(raw), ":")
	if !found {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials without a colon").Found(refusal.ClientCredentials)
	}
	if id, err = url.QueryUnescape(id); err != nil || id == "" || len(id) > oauth.MaxClientID {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials with a bad client ID").Found(refusal.ClientCredentials)
	}
	if secret, err = url.QueryUnescape(secret); err != nil {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials with a badly encoded secret").Found(refusal.ClientCredentials)
	}
	if bodyID != "" && bodyID != id {
		return credentials{}, oauth.InvalidRequest.Because("one client in the header and another in the body").Found(refusal.ClientCredentials)
	}
	return withSecret(id, secret, store.SecretBasic), nil
}

// withSecret returns the credentials of a client that sent a secret by method. An empty one
// may be left out (RFC 6749 §2.3.1), so it says no more than the client_id alone.
func withSecret(id, secret, method string) credentials {
	if secret == "" {
		method = store.NoSecret
	}
	return credentials{id, secret, method}
}
