package client

import (
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// An Input is what a caller sends about a client. Lifetimes are in seconds; 0 is
// the default of all clients.
type Input struct {
	ID, Name, AuthMethod, Scope                      fields.Text
	FirstParty, Disabled                             fields.Flag
	GrantTypes, RedirectURIs, PostLogoutRedirectURIs fields.List
	BackchannelLogoutURI                             fields.Text
	BackchannelSession                               fields.Flag
	// JWKS is a JWK Set as JSON. It and JWKSURI take each other's place.
	JWKS, JWKSURI, AssertionAudience                            fields.Text
	AccessTokenLifetime, RefreshTokenIdle, RefreshTokenLifetime fields.Number
}

// An Attribute is what can be said of a client under one name. Requests are
// decoded and checked, answers written, changes recorded, the flags of the command
// line made and the API document composed from the list of them.
type Attribute struct {
	Name string
	field
	Kind Kind
	// Schema is what the API document says of it, and InForm what it says of it in
	// a form, where that differs.
	Schema, InForm fields.Schema
	// Example is how an answer might have it.
	Example any
	// Flag is the name of its flag at the command line, and Usage what the help says.
	Flag, Usage string
}

// A Kind tells texts apart that are sent in different ways.
type Kind int

// The kinds.
const (
	Plain    Kind = iota
	Choice        // one of a few words; a form that leaves it blank says nothing
	Document      // JSON, at the command line a file
)

// field is where an attribute is.
type field struct {
	// Sent points to it in what a caller sends: a *fields.Text, *fields.Flag,
	// *fields.List or *fields.Number.
	Sent func(*Input) any
	// Kept points to it in a client: a *string, *bool, *[]string or *time.Duration.
	Kept func(*store.Client) any
	// set moves it from the one to the other if it can be so, and else says why it
	// cannot. It is nil for what the rule of another attribute sets.
	set func(name string, c *store.Client, in Input, faults *fields.Errors)
}

// of is a field that a rule can set without a look at the others.
func of[S, K any](sent func(*Input) *S, kept func(*store.Client) *K, rule func(to *K, name string, sent S, faults *fields.Errors)) field {
	f := field{Sent: func(in *Input) any { return sent(in) }, Kept: func(c *store.Client) any { return kept(c) }}
	if rule != nil {
		f.set = func(name string, c *store.Client, in Input, faults *fields.Errors) {
			rule(kept(c), name, *sent(&in), faults)
		}
	}
	return f
}

// by returns f with a rule that looks at the whole client.
func (f field) by(rule func(c *store.Client, in Input, faults *fields.Errors)) field {
	f.set = func(_ string, c *store.Client, in Input, faults *fields.Errors) { rule(c, in, faults) }
	return f
}

// Attributes lists all attributes for a server that has the grants, in the order in
// which answers have them.
func Attributes(grants grant.List) []Attribute { return (&Service{Grants: grants}).attributes() }

func (s *Service) attributes() []Attribute {
	uris := fields.Schema{Type: "array", Items: &fields.Schema{Type: "string", MaxLength: maxURIBytes}, MaxItems: maxURIs}
	return []Attribute{
		{
			Name: "name", field: of(func(in *Input) *fields.Text { return &in.Name }, func(c *store.Client) *string { return &c.Name }, setName),
			Schema:  fields.Schema{Type: "string", Description: "Shown to people.", MinLength: 1, MaxLength: maxNameLength},
			Example: "The shop", Flag: "name", Usage: "`name` that people see",
		}, {
			Name: "auth_method", field: of(func(in *Input) *fields.Text { return &in.AuthMethod }, func(c *store.Client) *string { return &c.AuthMethod }, setMethod),
			Kind:    Choice,
			Schema:  fields.Schema{Type: "string", Description: "How the app shows who it is (RFC 7591 §2). One with `none` is public.", Enum: store.AuthMethods()},
			Example: DefaultMethod, Flag: "auth-method", Usage: "`method`: " + choices(store.AuthMethods(), DefaultMethod),
		}, {
			Name: "first_party", field: of(func(in *Input) *fields.Flag { return &in.FirstParty }, func(c *store.Client) *bool { return &c.FirstParty }, setFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether people are not asked for consent."},
			Example: true, Flag: "first-party", Usage: "the app is yours; people are not asked for consent",
		}, {
			Name: "disabled", field: of(func(in *Input) *fields.Flag { return &in.Disabled }, func(c *store.Client) *bool { return &c.Disabled }, setFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether it gets nothing."},
			Example: false, Flag: "disabled", Usage: "the app gets nothing, and its tokens are worth nothing; --disabled=false lets it in again",
		}, {
			Name: "grant_types", field: of(func(in *Input) *fields.List { return &in.GrantTypes }, func(c *store.Client) *[]string { return &c.GrantTypes }, nil).by(s.setGrants),
			Schema:  fields.Schema{Type: "array", Description: "The grants that the app may use.", Items: &fields.Schema{Type: "string", Enum: s.Grants.Names()}},
			Example: []string{grant.Password, grant.RefreshToken}, Flag: "grant", Usage: "`type` of grant that the app may use: " + choices(s.Grants.Names(), DefaultGrant) + "; repeatable",
		}, {
			Name: "scope", field: of(func(in *Input) *fields.Text { return &in.Scope }, func(c *store.Client) *string { return &c.Scope }, setScope),
			Schema:  fields.Component("Scope").Saying("All that the app can be granted."),
			Example: authz.Scope("openid profile account"), Flag: "scope", Usage: "`scopes` that the app may ask for, with blanks between them",
		}, {
			Name: "redirect_uris", field: of(func(in *Input) *fields.List { return &in.RedirectURIs }, func(c *store.Client) *[]string { return &c.RedirectURIs }, setURIs),
			Schema:  uris.Saying("Exact, absolute URIs; https, http to the own machine, or a private scheme. Needed for `authorization_code`."),
			Example: []string{}, Flag: "redirect-uri", Usage: "exact redirect `URI`; repeatable",
		}, {
			Name: "post_logout_redirect_uris", field: of(func(in *Input) *fields.List { return &in.PostLogoutRedirectURIs }, func(c *store.Client) *[]string { return &c.PostLogoutRedirectURIs }, setURIs),
			Schema:  uris.Saying("Likewise, for after a sign-out."),
			Example: []string{}, Flag: "post-logout-redirect-uri", Usage: "exact `URI` to return to after sign-out; repeatable",
		}, {
			Name: "backchannel_logout_uri", field: of(func(in *Input) *fields.Text { return &in.BackchannelLogoutURI }, func(c *store.Client) *string { return &c.BackchannelLogoutURI }, setURI(backchannelFault)),
			Schema:  fields.Schema{Type: "string", Description: "Where logout tokens are sent when a session of the app ends (OIDC Back-Channel Logout 1.0); https, or http to the own machine. Empty: nowhere.", MaxLength: maxURIBytes},
			Example: "", Flag: "backchannel-logout-uri", Usage: "`URI` that is told when a session of the app ends; empty: none",
		}, {
			Name: "backchannel_logout_session_required", field: of(func(in *Input) *fields.Flag { return &in.BackchannelSession }, func(c *store.Client) *bool { return &c.BackchannelSession }, setFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether the app needs to know which session it was."},
			Example: false, Flag: "backchannel-logout-session-required", Usage: "tell it which session it was",
		}, {
			Name: "jwks", field: of(func(in *Input) *fields.Text { return &in.JWKS }, func(c *store.Client) *string { return &c.JWKS }, nil).by(setKeys),
			Kind: Document, Schema: fields.Component("ClientKeys"),
			InForm: fields.Schema{Type: "string", Description: "The app's public keys, for `private_key_jwt`: a JWK Set (RFC 7517) as JSON. Sending it takes the place of `jwks_uri`.", ContentMediaType: "application/json"},
			Flag:   "jwks", Usage: "`file` with the app's public keys as a JWK Set, for " + store.PrivateKeyJWT,
		}, {
			Name: "jwks_uri", field: of[fields.Text, string](func(in *Input) *fields.Text { return &in.JWKSURI }, func(c *store.Client) *string { return &c.JWKSURI }, nil), // setKeys sets it
			Schema:  fields.Schema{Type: "string", Description: "Where the keys are fetched from instead; https. Empty: nowhere.", MaxLength: maxURIBytes},
			Example: "", Flag: "jwks-uri", Usage: "https `URI` of the app's public keys, instead of --jwks",
		}, {
			Name: "assertion_audience", field: of[fields.Text, string](func(in *Input) *fields.Text { return &in.AssertionAudience }, func(c *store.Client) *string { return &c.AssertionAudience }, nil), // likewise
			Kind: Choice,
			Schema: fields.Schema{
				Type: "string", Description: "What the app's assertions must name as their audience (RFC 7523 §3): `issuer`, the issuer alone, or `any` of the issuer and the endpoint asked. `issuer` unless set; empty for other methods than `private_key_jwt`.",
				Enum: []string{"", issuerAudience, anyAudience},
			},
			Example: "", Flag: "assertion-audience", Usage: "`audience` that the app's assertions must name: issuer (default) or any, which takes the endpoint's URL too",
		}, {
			Name: "access_token_lifetime", field: of(func(in *Input) *fields.Number { return &in.AccessTokenLifetime }, func(c *store.Client) *time.Duration { return &c.AccessTokenLifetime }, setLifetime(bound{is: MaxAccessTokenLifetime})),
			Schema: lifetime("The life of an access token.", MaxAccessTokenLifetime),
			Flag:   "access-token-lifetime", Usage: "`life` of its access tokens, as 10m; 0: as the server's setting",
		}, {
			Name: "refresh_token_idle", field: of(func(in *Input) *fields.Number { return &in.RefreshTokenIdle }, func(c *store.Client) *time.Duration { return &c.RefreshTokenIdle }, setLifetime(s.maxRefreshIdle())),
			Schema: lifetime("The life of one refresh token, and so of an idle session; no longer than the server's sessions live (`GATEHOUSE_REFRESH_TOKEN_LIFETIME`).", longest),
			Flag:   "refresh-token-idle", Usage: "`life` of one of its refresh tokens, as 336h; 0: as the server's setting",
		}, {
			Name: "refresh_token_lifetime", field: of(func(in *Input) *fields.Number { return &in.RefreshTokenLifetime }, func(c *store.Client) *time.Duration { return &c.RefreshTokenLifetime }, setLifetime(bound{is: longest})),
			Schema: lifetime("The life of a session, however busy.", longest),
			Flag:   "refresh-token-lifetime", Usage: "`life` of its sessions, as 2160h; 0: as the server's setting",
		},
	}
}
