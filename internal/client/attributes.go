package client

import (
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// An Input is what a caller sends about a client. Lifetimes are in seconds; 0 means
// the default of all clients.
type Input struct {
	ID, Name, AuthMethod, Scope                      fields.Text
	FirstParty, Disabled                             fields.Flag
	AuthMethodPinned, RequirePAR, RequirePKCE        fields.Flag
	RequireSignedRequestObject                       fields.Flag
	GrantTypes, RedirectURIs, PostLogoutRedirectURIs fields.List
	BackchannelLogoutURI                             fields.Text
	BackchannelSession                               fields.Flag
	// Secret is one that a new client brings along; if it is not sent, one is made.
	Secret fields.Text
	// JWKS is a JWK Set as JSON. It and JWKSURI replace each other.
	JWKS, JWKSURI, AssertionAudience                            fields.Text
	Rotation                                                    fields.Text
	IDTokenClaims                                               fields.List
	IDTokenAlg, RefreshAlg                                      fields.Text
	AccessTokenLifetime, RefreshTokenIdle, RefreshTokenLifetime fields.Number
	MaxSessions                                                 fields.Number
	// Shown is Version of the client that a form was filled in for.
	Shown version.Tag
}

// An Attribute describes one attribute of a client.
type Attribute = attribute.Attribute[Input, store.Client]

// Attributes returns all attributes, in the order of their members in answers, for a
// server with these grants. Their rules are applied in this order too, so auth_method comes
// before grant_types and jwks, whose rules read it.
func Attributes(grants grant.List) []Attribute { return (&Service{Grants: grants}).attributes() }

func (s *Service) attributes() []Attribute {
	uris := fields.Schema{Type: "array", Items: &fields.Schema{Type: "string", MaxLength: maxURIBytes}, MaxItems: maxURIs}
	return []Attribute{
		{
			Name: "name", Field: attribute.Of(func(in *Input) *fields.Text { return &in.Name }, func(c *store.Client) *string { return &c.Name }, attribute.SetName),
			Schema:  fields.Schema{Type: "string", Description: "Shown to people.", MinLength: 1, MaxLength: attribute.MaxNameLength},
			Example: "The shop", Flag: "name", Usage: "`name` that people see",
		}, {
			Name: "auth_method", Field: attribute.Of(func(in *Input) *fields.Text { return &in.AuthMethod }, func(c *store.Client) *string { return &c.AuthMethod }, attribute.SetOneOf(store.AuthMethods())),
			Kind:    attribute.Choice,
			Schema:  fields.Schema{Type: "string", Description: "How the app authenticates (RFC 7591 §2). An app with `none` is public.", Enum: store.AuthMethods()},
			Example: DefaultMethod, Flag: "auth-method", Usage: "`method`: " + attribute.Choices(store.AuthMethods(), DefaultMethod),
		}, {
			Name: "auth_method_pinned", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.AuthMethodPinned }, func(c *store.Client) *bool { return &c.AuthMethodPinned }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether an app with a secret may send it only by `auth_method`. Otherwise it may use `client_secret_basic` and `client_secret_post` alike."},
			Example: false, Flag: "auth-method-pinned", Usage: "accept the app's secret by --auth-method only, not by " + store.SecretBasic + " and " + store.SecretPost + " alike",
		}, {
			Name: "first_party", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.FirstParty }, func(c *store.Client) *bool { return &c.FirstParty }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether the app needs no consent from people."},
			Example: true, Flag: "first-party", Usage: "the app is yours; people are not asked for consent, except once per browser at a loopback address or private scheme of a public app",
		}, {
			Name: "disabled", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.Disabled }, func(c *store.Client) *bool { return &c.Disabled }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether the app is switched off: it gets no tokens, and its tokens are void."},
			Example: false, Flag: "disabled", Usage: "switch the app off and void its tokens; --disabled=false switches it on again",
		}, {
			Name: "grant_types", Field: attribute.Of(func(in *Input) *fields.List { return &in.GrantTypes }, func(c *store.Client) *[]string { return &c.GrantTypes }, nil).By(s.setGrants),
			Schema:  fields.Schema{Type: "array", Description: "The grants that the app may use.", Items: &fields.Schema{Type: "string", Enum: s.Grants.Names()}},
			Example: []string{grant.Password, grant.RefreshToken}, Flag: "grant", Usage: "`type` of grant that the app may use: " + attribute.Choices(s.Grants.Names(), DefaultGrant) + "; repeatable",
		}, {
			Name: "scope", Field: attribute.Of[Input, store.Client, fields.Text, string](func(in *Input) *fields.Text { return &in.Scope }, func(c *store.Client) *string { return &c.Scope }, nil), // setScope sets it
			Schema:  fields.Component("Scope").Saying("All that the app can be granted. A scope of an API that several have is `IDENTIFIER#name`, by the identifier of the API."),
			Example: authz.Scope("openid profile account"), Flag: "scope", Usage: "`scopes` that the app may ask for, separated by blanks; IDENTIFIER#name for one that several APIs have",
		}, {
			Name: "id_token_claims", Field: attribute.Of(func(in *Input) *fields.List { return &in.IDTokenClaims }, func(c *store.Client) *[]string { return &c.IDTokenClaims }, attribute.SetSomeOf(claims.Scopes())),
			Schema:  fields.Schema{Type: "array", Description: "The scopes, of those in `scope`, whose claims the app reads in its ID tokens and not only at the userinfo endpoint. They are there once the scope is granted. Claims beyond 3 KiB are left out, the longest first.", Items: &fields.Schema{Type: "string", Enum: claims.Scopes()}},
			Example: []string{}, Flag: "id-token-claim", Usage: "`scope` whose claims the app reads in its ID tokens, for apps that do not ask the userinfo endpoint: " + fields.Or(claims.Scopes()) + "; repeatable",
		}, {
			Name: "redirect_uris", Field: attribute.Of(func(in *Input) *fields.List { return &in.RedirectURIs }, func(c *store.Client) *[]string { return &c.RedirectURIs }, setURIs(answerParameters)),
			Schema:  uris.Saying("Exact, absolute URIs with https, with http to a loopback host, or with a private scheme. Their query has none of the parameters of our answers, such as `code` and `state`. Required for `authorization_code`."),
			Example: []string{}, Flag: "redirect-uri", Usage: "exact redirect `URI`; repeatable",
		}, {
			Name: "post_logout_redirect_uris", Field: attribute.Of(func(in *Input) *fields.List { return &in.PostLogoutRedirectURIs }, func(c *store.Client) *[]string { return &c.PostLogoutRedirectURIs }, setURIs(logoutParameters)),
			Schema:  uris.Saying("Likewise, for the way back after a sign-out, which adds only `state`."),
			Example: []string{}, Flag: "post-logout-redirect-uri", Usage: "exact `URI` to return to after sign-out; repeatable",
		}, {
			Name: "require_par", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.RequirePAR }, func(c *store.Client) *bool { return &c.RequirePAR }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether the app must push its authorization requests (RFC 9126 §6, `require_pushed_authorization_requests`)."},
			Example: false, Flag: "require-par", Usage: "accept only authorization requests that the app has pushed",
		}, {
			Name: "require_pkce", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.RequirePKCE }, func(c *store.Client) *bool { return &c.RequirePKCE }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether the app must use PKCE (RFC 7636). A public app always must."},
			Example: false, Flag: "require-pkce", Usage: "accept only authorization requests with PKCE, as from every public app",
		}, {
			Name: "require_signed_request_object", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.RequireSignedRequestObject }, func(c *store.Client) *bool { return &c.RequireSignedRequestObject }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether the app must sign its authorization requests (RFC 9101 §10.5), by one of the keys of `jwks` or `jwks_uri`."},
			Example: false, Flag: "require-signed-request-object", Usage: "accept only authorization requests that the app has signed with its keys",
		}, {
			Name: "backchannel_logout_uri", Field: attribute.Of(func(in *Input) *fields.Text { return &in.BackchannelLogoutURI }, func(c *store.Client) *string { return &c.BackchannelLogoutURI }, setURI(backchannelFault)),
			Schema:  fields.Schema{Type: "string", Description: "Where logout tokens are sent when a session of the app ends (OIDC Back-Channel Logout 1.0): https, or http to a loopback host. Empty: none are sent.", MaxLength: maxURIBytes},
			Example: "", Flag: "backchannel-logout-uri", Usage: "`URI` that gets a logout token when a session of the app ends; empty: none",
		}, {
			Name: "backchannel_logout_session_required", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.BackchannelSession }, func(c *store.Client) *bool { return &c.BackchannelSession }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether logout tokens must name the session that ended."},
			Example: false, Flag: "backchannel-logout-session-required", Usage: "name the session in logout tokens",
		}, {
			Name: idTokenAlg, Field: attribute.Of(func(in *Input) *fields.Text { return &in.IDTokenAlg }, func(c *store.Client) *string { return &c.IDTokenSigning.Alg }, attribute.SetSigningAlg(store.SigningAlgorithms())),
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "What its ID tokens and logout tokens are signed with (OpenID Connect Dynamic Client Registration 1.0 §2). Chosen for the first time, an algorithm signs only when every verifier can know its key: see `id_token_signed_response_alg_from`. `EdDSA` is another name for `Ed25519`.",
				Enum: store.SigningAlgorithms(),
			},
			Example: store.RS256, Flag: "id-token-signed-response-alg", Usage: "`algorithm` that signs its ID tokens and logout tokens: " + attribute.Choices(store.SigningAlgorithms(), store.RS256),
		}, {
			Name: refreshAlg, Field: attribute.Of(func(in *Input) *fields.Text { return &in.RefreshAlg }, func(c *store.Client) *string { return &c.RefreshSigning.Alg }, attribute.SetSigningAlg(store.RefreshAlgorithms())),
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "What its refresh tokens are signed with. Only this server reads them, and `Ed25519` costs it the least. Chosen for the first time, it signs later: see `refresh_token_alg_from`. `EdDSA` is another name for it. With the rotation `adopted`, only `RS256` is supported.",
				Enum: store.RefreshAlgorithms(),
			},
			Example: store.RS256, Flag: "refresh-token-alg", Usage: "`algorithm` that signs its refresh tokens: " + attribute.Choices(store.RefreshAlgorithms(), store.RS256),
		}, {
			Name: "jwks", Field: attribute.Of(func(in *Input) *fields.Text { return &in.JWKS }, func(c *store.Client) *string { return &c.JWKS }, nil).By(setKeys),
			Kind: attribute.Document, Schema: fields.Component("ClientKeys"),
			InForm: fields.Schema{Type: "string", Description: "The app's public keys, for `private_key_jwt` and signed request objects: a JWK Set (RFC 7517) as JSON. It replaces `jwks_uri`.", ContentMediaType: "application/json"},
			Flag:   "jwks", Usage: "`file` with the app's public keys as a JWK Set, for " + store.PrivateKeyJWT + " and signed request objects",
		}, {
			Name: "jwks_uri", Field: attribute.Of[Input, store.Client, fields.Text, string](func(in *Input) *fields.Text { return &in.JWKSURI }, func(c *store.Client) *string { return &c.JWKSURI }, nil), // setKeys sets it
			Schema:  fields.Schema{Type: "string", Description: "An https URI from which the keys are fetched instead. Empty: none.", MaxLength: maxURIBytes},
			Example: "", Flag: "jwks-uri", Usage: "https `URI` of the app's public keys, instead of --jwks",
		}, {
			Name: "assertion_audience", Field: attribute.Of[Input, store.Client, fields.Text, string](func(in *Input) *fields.Text { return &in.AssertionAudience }, func(c *store.Client) *string { return &c.AssertionAudience }, nil), // likewise
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "What the app's assertions must name as their audience (RFC 7523 §3): `issuer` for only the issuer, or `any` for the issuer or the URL of the endpoint. The default is `issuer`; empty for methods other than `private_key_jwt`.",
				Enum: []string{"", issuerAudience, anyAudience},
			},
			Example: "", Flag: "assertion-audience", Usage: "`audience` that the app's assertions must name: issuer (default), or any, which also accepts the endpoint's URL",
		}, {
			Name: "rotation", Field: attribute.Of(func(in *Input) *fields.Text { return &in.Rotation }, func(c *store.Client) *string { return &c.Rotation }, attribute.SetOneOf(store.RotationRules())),
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "How long a refresh token that was exchanged still gets the same successor: `strict` during `GATEHOUSE_REFRESH_GRACE`, `adopted` until it expires or its successor has been used. Use `adopted` for an app on lossy networks, or one that keeps its first refresh token.",
				Enum: store.RotationRules(),
			},
			Example: store.RotationStrict, Flag: "rotation", Usage: "`rule` for a refresh token that was exchanged and comes again: " + attribute.Choices(store.RotationRules(), store.RotationStrict),
		}, {
			Name: "access_token_lifetime", Field: attribute.Of(func(in *Input) *fields.Number { return &in.AccessTokenLifetime }, func(c *store.Client) *time.Duration { return &c.AccessTokenLifetime }, attribute.SetLifetime(attribute.Bound{Is: MaxAccessTokenLifetime})),
			Schema: lifetime("The life of an access token.", MaxAccessTokenLifetime),
			Flag:   "access-token-lifetime", Usage: "`life` of its access tokens, such as 10m; 0: the server's setting",
		}, {
			Name: "refresh_token_idle", Field: attribute.Of(func(in *Input) *fields.Number { return &in.RefreshTokenIdle }, func(c *store.Client) *time.Duration { return &c.RefreshTokenIdle }, attribute.SetLifetime(s.maxRefreshIdle())),
			Schema: lifetime("The life of one refresh token, and so of an idle session; at most the life of the server's sessions (`GATEHOUSE_REFRESH_TOKEN_LIFETIME`).", longest),
			Flag:   "refresh-token-idle", Usage: "`life` of one of its refresh tokens, such as 336h; 0: the server's setting",
		}, {
			Name: "refresh_token_lifetime", Field: attribute.Of(func(in *Input) *fields.Number { return &in.RefreshTokenLifetime }, func(c *store.Client) *time.Duration { return &c.RefreshTokenLifetime }, attribute.SetLifetime(attribute.Bound{Is: longest})),
			Schema: lifetime("The life of a session, however busy.", longest),
			Flag:   "refresh-token-lifetime", Usage: "`life` of its sessions, such as 2160h; 0: the server's setting",
		}, {
			Name: "max_sessions", Field: attribute.Of(func(in *Input) *fields.Number { return &in.MaxSessions }, func(c *store.Client) *int { return &c.MaxSessions }, setMaxSessions),
			Schema: fields.Schema{
				Type: []string{"integer", "null"}, Minimum: new(int64(-1)), Maximum: new(int64(MaxSessions)),
				Description: "How many sessions one person may have in the app at once. At the bound, a new session ends the one that was least recently used, unless that was within the last hour: then the new one is refused with 429. 0 or `null`: the server's setting (`GATEHOUSE_MAX_SESSIONS`); -1: any number.",
			},
			Flag: "max-sessions", Usage: "`number` of sessions that one person may have in it at once; 0: the server's setting, -1: any number",
		},
	}
}
