package grants

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/factor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// answers are the steps by the grant type that each one answers.
var answers = map[string]func(Steps, context.Context, *request) (token.Set, error){
	grant.AuthorizationCode: Steps.redeem,
	grant.ClientCredentials: Steps.clientCredentials,
	grant.Password:          Steps.password,
	grant.RefreshToken:      Steps.refresh,
	grant.DeviceCode:        Steps.device,
}

// Steps are the steps that answer token requests.
type Steps struct {
	// Types are all grant types. Those that another endpoint answers are unsupported
	// here.
	Types   grant.List
	Clients interface {
		Authenticate(r *http.Request) (store.Client, error)
		Fresh(ctx context.Context, id string) (store.Client, error)
	}
	People interface {
		CheckPassword(ctx context.Context, name, password string, method signin.Method) (signin.Proof, error)
	}
	// Factors checks second factors.
	Factors interface {
		Complete(ctx context.Context, proof signin.Proof, clientID string, a factor.Answer) (signin.Proof, error)
		Continue(ctx context.Context, authSession, clientID string, a factor.Answer) (signin.Proof, error)
	}
	// EnrolmentURI is where people set up a second factor.
	EnrolmentURI string
	Sessions     interface {
		Begin(ctx context.Context, proof signin.Proof, client store.Client, granted apis.Grant, asked apis.Asked) (session.Set, error)
		Redeem(ctx context.Context, client store.Client, grant session.Grant, asked apis.Asked) (session.Set, error)
		Refresh(ctx context.Context, client store.Client, raw string, asked apis.Asked) (session.Set, error)
		EndReplayed(ctx context.Context, clientID, sub, sid string) error
	}
	// Codes holds the codes and device codes that clients redeem.
	Codes interface {
		UserByID(ctx context.Context, id int64) (store.User, error)
		CodeByDigest(ctx context.Context, d store.Digest) (store.AuthCode, error)
		MissCode(ctx context.Context, d store.Digest) (int, error)
		DeviceByDeviceCode(ctx context.Context, device store.Digest) (store.DeviceGrant, error)
		PollDevice(ctx context.Context, device store.Digest, now time.Time) (bool, error)
	}
	APIs interface {
		Grant(ctx context.Context, client store.Client, asked apis.Asked) (apis.Grant, error)
		Aim(ctx context.Context, client store.Client, granted apis.Grant, asked apis.Asked) (apis.Target, error)
	}
	Minter interface {
		Mint(ctx context.Context, g token.Grant) (token.Set, error)
	}
	// Limits counts the failed refreshes of one client from one network. A refresh
	// that succeeds costs nothing.
	Limits interface {
		Failure(ctx context.Context, kind, id string) error
	}
	// Used, if set, is called with each client that got a token.
	Used      func(clientID string)
	Lifetimes session.Lifetimes
	Now       func() time.Time
}

// request is what is known of a token request so far.
type request struct {
	kind   grant.Type
	form   url.Values
	client store.Client
	// asked is what the request says of scope and resource. Codes have a scope of their own.
	asked apis.Asked
	// granted is what a grant that starts afresh gives.
	granted apis.Grant
	proof   signin.Proof // only for the password grant
}

// preflight checks everything that does not depend on the grant itself: who the
// client is, whether it may use the grant type, and for which scope. So a stranger
// learns nothing about passwords and tokens and costs us no hash.
func (s Steps) preflight(r *http.Request) (*request, error) {
	client, err := s.Clients.Authenticate(r)
	if err != nil {
		return nil, err
	}
	req, err := s.entitled(r.Context(), client, r.PostForm)
	if refused := (*oauth.Error)(nil); errors.As(err, &refused) { // the client may just have been changed
		if client, err = s.Clients.Fresh(r.Context(), client.ID); err != nil {
			return nil, fmt.Errorf("reading a client: %w", err)
		}
		req, err = s.entitled(r.Context(), client, r.PostForm)
	}
	return req, err
}

// entitled returns the request if the client may have what it asks for.
func (s Steps) entitled(ctx context.Context, client store.Client, form url.Values) (*request, error) {
	kind, err := s.allowed(client, form.Get("grant_type"))
	if err != nil {
		return nil, err
	}
	req := &request{kind: kind, form: form, client: client, asked: apis.Asked{Scope: form.Get("scope"), Resources: form[oauth.Resource]}}
	if kind.Begins != "" { // what it redeems has a scope, and the request has none (RFC 6749 §4.1.3)
		req.asked.Scope = ""
	}
	if kind.Scoped {
		req.granted, err = s.APIs.Grant(ctx, client, req.asked)
		return req, err
	}
	return req, req.asked.Check()
}

// allowed returns the grant type, if the client may use it at all (RFC 6749 §5.2).
func (s Steps) allowed(client store.Client, name string) (grant.Type, error) {
	kind, known := s.Types.Find(name)
	switch {
	case name == "":
		return grant.Type{}, oauth.InvalidRequest.Because("no grant_type").Found(refusal.GrantMissing)
	case !known, kind.Endpoint != grant.TokenEndpoint:
		return grant.Type{}, oauth.UnsupportedGrantType.Because("unknown grant_type").
			Comparing(refusal.GrantUnknown, refusal.Word("grant_type", name), strings.Join(client.GrantTypes, " "))
	case !s.Types.Allow(client.GrantTypes, name):
		return grant.Type{}, oauth.UnauthorizedClient.Because("client %s is not registered for %s", client.ID, name).
			Comparing(refusal.GrantUnregistered, name, strings.Join(client.GrantTypes, " "))
	case kind.Confidential && client.Public():
		return grant.Type{}, oauth.UnauthorizedClient.Because("public client %s asks for %s", client.ID, name).Comparing(refusal.GrantUnregistered, name, "a client with a secret or key")
	}
	return kind, nil
}

// prove checks a person's password (RFC 6749 §4.3.2), and after that the second factor of
// those who have one.
func (s Steps) prove(ctx context.Context, req *request, username, password string) (signin.Proof, error) {
	if req.form.Get(authSession) != "" {
		return signin.Proof{}, oauth.InvalidRequest.Because("an auth_session beside a password")
	}
	proof, err := s.People.CheckPassword(ctx, username, password, signin.ByPassword)
	if errors.Is(err, account.ErrCredentials) {
		return signin.Proof{}, oauth.InvalidGrant.Because("%w", err)
	}
	if err != nil || proof.Lacks == signin.LacksNothing {
		return proof, err
	}
	proof, err = s.Factors.Complete(ctx, proof, req.client.ID, answerOf(req.form))
	return proof, s.lacking(err)
}

// password starts a session for a person whose password was right (RFC 6749 §4.3).
func (s Steps) password(ctx context.Context, req *request) (set token.Set, err error) {
	if resumes(req) {
		if req.proof, err = s.resume(ctx, req); err != nil {
			return token.Set{}, err
		}
	}
	return s.begin(ctx, req)
}

func (s Steps) begin(ctx context.Context, req *request) (token.Set, error) {
	set, err := s.Sessions.Begin(ctx, req.proof, req.client, req.granted, req.asked)
	return usable(req.client, set.Set), err
}

// usable removes from a set what the client could not use.
func usable(client store.Client, set token.Set) token.Set {
	if !slices.Contains(client.GrantTypes, grant.RefreshToken) {
		set.RefreshToken = ""
	}
	return set
}

// refresh answers RFC 6749 §6. A token that has merely expired does not count as a
// failure: an honest app shows it after its person was away.
func (s Steps) refresh(ctx context.Context, req *request) (token.Set, error) {
	set, err := s.Sessions.Refresh(ctx, req.client, req.form.Get("refresh_token"), req.asked)
	if errors.Is(err, session.ErrInvalid) && !errors.Is(err, token.ErrExpired) {
		if limited := s.Limits.Failure(ctx, "refresh", req.client.ID); limited != nil {
			return token.Set{}, limited
		}
	}
	return set.Set, err
}

// clientCredentials answers RFC 6749 §4.4.
func (s Steps) clientCredentials(ctx context.Context, req *request) (token.Set, error) {
	target, err := s.APIs.Aim(ctx, req.client, req.granted, req.asked)
	if err != nil {
		return token.Set{}, err
	}
	return s.Minter.Mint(ctx, token.Grant{Type: grant.ClientCredentials, ClientID: req.client.ID, API: target.API, Scope: target.Scope, Granted: target.Granted, Life: target.Life(s.Lifetimes.For(req.client).Access)})
}
