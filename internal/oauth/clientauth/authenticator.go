package clientauth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// Authenticator finds out which client is asking.
type Authenticator struct {
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
		Fresh(ctx context.Context, id string) (store.Client, error)
	}
	// Limits counts the failures of one client from one network. It costs a
	// client that authenticates nothing.
	Limits interface {
		Failure(ctx context.Context, kind, id string) error
	}
	// Assertions checks private_key_jwt; nil: there is none.
	Assertions *Assertions
	Now        func() time.Time
}

// credentials are what a request says of its client. The secret is an assertion
// where the method is store.PrivateKeyJWT.
type credentials struct{ id, secret, method string }

// proofs are what a client of each authentication method shows who it is by. The
// secret has been compared before.
var proofs = map[string]func(a *Authenticator, r *http.Request, client store.Client, assertion string, secretFits bool) error{
	store.SecretBasic:   bySecret,
	store.SecretPost:    bySecret,
	store.PrivateKeyJWT: byAssertion,
	store.NoSecret:      byNothing,
}

// Fresh returns a client that has authenticated as it is at this moment.
func (a *Authenticator) Fresh(ctx context.Context, id string) (store.Client, error) {
	return a.Clients.Fresh(ctx, id)
}

// Authenticate returns the client of a request whose parameters are in
// r.PostForm (RFC 6749 §2.3), or a refusal with InvalidClient or, if the request
// shows two ways at once, InvalidRequest.
func (a *Authenticator) Authenticate(r *http.Request) (store.Client, error) {
	given, err := presented(r)
	if err != nil {
		return store.Client{}, err
	}
	client, err := a.check(r, given, a.Clients.ClientByID)
	if errors.Is(err, oauth.InvalidClient) { // unless it has just been changed
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

// check looks the client up and compares the secret. The comparison is made for
// unknown clients too, so that its time tells nothing.
func (a *Authenticator) check(r *http.Request, given credentials, find func(context.Context, string) (store.Client, error)) (store.Client, error) {
	client, err := find(r.Context(), given.id)
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return store.Client{}, fmt.Errorf("reading a client: %w", err)
	}
	fits := hasSecret(client, given.secret, a.Now())
	switch {
	case unknown:
		return store.Client{}, oauth.InvalidClient.Because("unknown client")
	case client.AuthMethod != given.method:
		return store.Client{}, oauth.InvalidClient.Because("client %s came with %s", client.ID, given.method)
	case client.Disabled:
		return store.Client{}, oauth.InvalidClient.Because("client %s is disabled", client.ID)
	}
	return client, proofs[given.method](a, r, client, given.secret, fits)
}

func bySecret(_ *Authenticator, _ *http.Request, client store.Client, _ string, fits bool) error {
	if !fits {
		return oauth.InvalidClient.Because("client %s came with a wrong secret", client.ID)
	}
	return nil
}

func byAssertion(a *Authenticator, r *http.Request, client store.Client, assertion string, _ bool) error {
	if a.Assertions == nil {
		return oauth.InvalidClient.Because("client assertions are not supported")
	}
	return a.Assertions.verify(r, client, assertion)
}

// byNothing: a public client has only its name.
func byNothing(*Authenticator, *http.Request, store.Client, string, bool) error { return nil }

// hasSecret compares with every secret in force. A client without one is not
// opened by an empty secret.
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

// presented reads the client's credentials, of which there must be one kind
// (RFC 6749 §2.3: the client must not use more than one method per request).
func presented(r *http.Request) (credentials, error) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	header := r.Header.Values("Authorization")
	switch {
	case r.PostForm.Has("client_assertion") || r.PostForm.Has("client_assertion_type"):
		return fromAssertion(r, id, secret, header)
	case len(header) > 1:
		return credentials{}, oauth.InvalidClient.Because("%d Authorization headers", len(header))
	case len(header) == 1 && secret != "":
		return credentials{}, oauth.InvalidRequest.Because("a secret in header and body")
	case len(header) == 1:
		return fromHeader(header[0], id)
	case id == "" || len(id) > oauth.MaxClientID:
		return credentials{}, oauth.InvalidClient.Because("no client_id, or an impossible one")
	case secret != "":
		return credentials{id, secret, store.SecretPost}, nil
	}
	return credentials{id, "", store.NoSecret}, nil
}

// fromAssertion reads an assertion (RFC 7521 §4.2). The client_id may be left
// out, and must agree if it is there.
func fromAssertion(r *http.Request, id, secret string, header []string) (credentials, error) {
	raw := r.PostForm.Get("client_assertion")
	switch {
	case secret != "" || len(header) > 0:
		return credentials{}, oauth.InvalidRequest.Because("an assertion beside another way to authenticate")
	case raw == "" || r.PostForm.Get("client_assertion_type") != assertionType:
		return credentials{}, oauth.InvalidClient.Because("an assertion without its type, or of an unknown one")
	}
	subject, err := claimed(raw)
	if err != nil {
		return credentials{}, oauth.InvalidClient.Because("an assertion that cannot be read: %w", err)
	}
	if subject == "" || len(subject) > oauth.MaxClientID {
		return credentials{}, oauth.InvalidClient.Because("an assertion without a subject, or an impossible one")
	}
	if id != "" && id != subject {
		return credentials{}, oauth.InvalidClient.Because("an assertion of one client and the client_id of another")
	}
	return credentials{subject, raw, store.PrivateKeyJWT}, nil
}

// fromHeader reads HTTP Basic, where ID and secret are form-urlencoded
// before they are joined (RFC 6749 §2.3.1). A client_id in the body must agree.
func fromHeader(header, bodyID string) (credentials, error) {
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return credentials{}, oauth.InvalidClient.Because("an Authorization header that is not Basic")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(value, " "))
	if err != nil {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials that are not base64")
	}
	id, secret, found := strings.Cut(string(raw), ":")
	if !found {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials without a colon")
	}
	if id, err = url.QueryUnescape(id); err != nil || id == "" || len(id) > oauth.MaxClientID {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials with a bad client ID")
	}
	if secret, err = url.QueryUnescape(secret); err != nil {
		return credentials{}, oauth.InvalidClient.Because("Basic credentials with a badly encoded secret")
	}
	if bodyID != "" && bodyID != id {
		return credentials{}, oauth.InvalidRequest.Because("one client in the header and another in the body")
	}
	return credentials{id, secret, store.SecretBasic}, nil
}
