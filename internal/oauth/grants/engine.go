package grants

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-oauth2/oauth2/v4"
	library "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/go-oauth2/oauth2/v4/server"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
)

// Engine is the token endpoint (RFC 6749 §3.2). go-oauth2's server reads the
// requests of the grants that it knows and shapes every answer. The steps of this
// package do the work, behind the library's Manager interface. Only this file uses
// the library.
//
// The library checks in another order than we do: it looks at passwords before it
// has identified the client, and on a refresh it never identifies it. So the
// preflight comes first, and its result travels in the request's context.
type Engine struct {
	steps  Steps
	server *server.Server
}

// NewEngine returns the engine for steps. It returns an error if a grant type that
// the token endpoint should answer has no step.
func NewEngine(steps Steps) (*Engine, error) {
	config := &server.Config{TokenType: "Bearer"} // RFC 6750 §4
	for _, name := range steps.Types.AnsweredAt(grant.TokenEndpoint).Names() {
		if answers[name] == nil {
			return nil, fmt.Errorf("the token endpoint has no step for the grant type %s", name)
		}
		config.AllowedGrantTypes = append(config.AllowedGrantTypes, oauth2.GrantType(name))
	}
	e := &Engine{steps: steps}
	e.server = server.NewServer(config, manager{steps})
	e.server.SetExtensionFieldsHandler(idToken)
	e.server.SetClientInfoHandler(clientInfo)
	e.server.SetPasswordAuthorizationHandler(e.checkPassword)
	return e, nil
}

// Token answers a token request with the members of RFC 6749 §5.1. The caller has
// put the parameters into both r.PostForm and r.Form.
func (e *Engine) Token(r *http.Request) (map[string]any, error) {
	req, err := e.steps.preflight(r)
	if err != nil {
		return nil, err
	}
	info, err := e.info(r, req)
	if err != nil {
		return nil, normalised(err)
	}
	if e.steps.Used != nil {
		e.steps.Used(req.client.ID)
	}
	return e.server.GetTokenData(info), nil
}

// info answers through the library, unless the library does not support the grant: it
// requires a redirect URI, which a code from the challenge endpoint does not have.
func (e *Engine) info(r *http.Request, req *request) (oauth2.TokenInfo, error) {
	ctx := context.WithValue(r.Context(), requestKey{}, req)
	if resumes(req) { // the library would ask for a name and a password
		return manager{e.steps}.answer(ctx)
	}
	if oauth2.GrantType(req.kind.Name).String() == "" || req.withoutBrowser() {
		return manager{e.steps}.answer(ctx)
	}
	kind, generate, err := e.server.ValidationTokenRequest(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	return e.server.GetAccessToken(ctx, kind, generate)
}

// withoutBrowser reports whether the request can only redeem a code from the challenge
// endpoint.
func (r *request) withoutBrowser() bool {
	return r.kind.Name == grant.AuthorizationCode && !r.form.Has("redirect_uri") && slices.Contains(r.client.GrantTypes, grant.Challenge)
}

// requestKey carries the *request through the library, which passes on only the context.
type requestKey struct{}

func requestFrom(ctx context.Context) (*request, error) {
	if req, ok := ctx.Value(requestKey{}).(*request); ok {
		return req, nil
	}
	return nil, errors.New("the token request has had no preflight")
}

// clientInfo returns the client that the preflight authenticated.
func clientInfo(r *http.Request) (id, secret string, err error) {
	req, err := requestFrom(r.Context())
	if err != nil {
		return "", "", err
	}
	return req.client.ID, "", nil
}

// checkPassword checks a person's password for the library.
func (e *Engine) checkPassword(ctx context.Context, _, username, password string) (string, error) {
	req, err := requestFrom(ctx)
	if err != nil {
		return "", err
	}
	if req.proof, err = e.steps.prove(ctx, req, username, password); err != nil {
		return "", err
	}
	return req.proof.User.Sub, nil
}

// manager lets the library call our steps.
type manager struct{ steps Steps }

var _ oauth2.Manager = manager{}

// answer runs the step of the grant that the preflight found.
func (m manager) answer(ctx context.Context) (oauth2.TokenInfo, error) {
	req, err := requestFrom(ctx)
	if err != nil {
		return nil, err
	}
	return tokenInfo(answers[req.kind.Name](m.steps, ctx, req))
}

// GenerateAccessToken answers all of the library's grants except the refresh.
func (m manager) GenerateAccessToken(ctx context.Context, _ oauth2.GrantType, _ *oauth2.TokenGenerateRequest) (oauth2.TokenInfo, error) {
	return m.answer(ctx)
}

// RefreshAccessToken answers the refresh.
func (m manager) RefreshAccessToken(ctx context.Context, _ *oauth2.TokenGenerateRequest) (oauth2.TokenInfo, error) {
	return m.answer(ctx)
}

func tokenInfo(set token.Set, err error) (oauth2.TokenInfo, error) {
	if err != nil {
		return nil, err
	}
	return &issued{models.Token{
		Access: set.AccessToken, AccessExpiresIn: set.ExpiresIn.Truncate(time.Second),
		Refresh: set.RefreshToken, Scope: string(set.Access.Scope),
	}, set.IDToken}, nil
}

// issued is a set of tokens on its way through the library, which has no ID tokens.
type issued struct {
	models.Token
	idToken string
}

// idToken returns the member that the library does not have (OIDC Core 1.0 §3.1.3.3).
func idToken(info oauth2.TokenInfo) map[string]any {
	if i, ok := info.(*issued); ok && i.idToken != "" {
		return map[string]any{"id_token": i.idToken}
	}
	return nil
}

// errNoStep answers the methods that the library calls only at other endpoints,
// which we do not run through it.
var errNoStep = errors.New("not a step of the token endpoint")

// GetClient is never called.
func (manager) GetClient(context.Context, string) (oauth2.ClientInfo, error) {
	return nil, errNoStep
}

// GenerateAuthToken is never called.
func (manager) GenerateAuthToken(context.Context, oauth2.ResponseType, *oauth2.TokenGenerateRequest) (oauth2.TokenInfo, error) {
	return nil, errNoStep
}

// RemoveAccessToken is never called.
func (manager) RemoveAccessToken(context.Context, string) error { return errNoStep }

// RemoveRefreshToken is never called.
func (manager) RemoveRefreshToken(context.Context, string) error { return errNoStep }

// LoadAccessToken is never called.
func (manager) LoadAccessToken(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, errNoStep
}

// LoadRefreshToken is never called.
func (manager) LoadRefreshToken(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, errNoStep
}

// catalogue translates the library's own refusals. We do not use its table of
// descriptions and statuses: it answers 401 for some 400s, and it compares errors
// by identity, so that a wrapped one becomes a 500.
var catalogue = []struct {
	theirs error
	ours   oauth.Code
}{
	{library.ErrInvalidRequest, oauth.InvalidRequest},
	{library.ErrUnsupportedGrantType, oauth.UnsupportedGrantType},
	{library.ErrUnauthorizedClient, oauth.UnauthorizedClient},
	{library.ErrInvalidScope, oauth.InvalidScope},
	{library.ErrInvalidClient, oauth.InvalidClient},
	{library.ErrInvalidGrant, oauth.InvalidGrant},
	{library.ErrAccessDenied, oauth.InvalidGrant},
}

func normalised(err error) error {
	for _, c := range catalogue {
		if errors.Is(err, c.theirs) {
			return c.ours.Because("the library: %w", err)
		}
	}
	switch {
	case errors.Is(err, session.ErrInvalid), errors.Is(err, signin.ErrCredentialsChanged), errors.Is(err, signin.ErrFactorUsed):
		return oauth.InvalidGrant.Because("%w", err)
	}
	return fmt.Errorf("answering a token request: %w", err)
}
