// Package grant is the one list of grant types. Registration, the token endpoint,
// discovery, the command line and the API document read it. The endpoint that answers a
// grant decides what the grant gives.
package grant

import "slices"

// The grant types (RFC 6749 §4.1.3, §4.3.2, §4.4.2 and §6, RFC 8628 §3.4).
const (
	AuthorizationCode = "authorization_code"
	ClientCredentials = "client_credentials"
	Password          = "password"
	RefreshToken      = "refresh_token"
	DeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"
	// Challenge is ours: an authorization code without a browser
	// (draft-ietf-oauth-first-party-apps).
	Challenge = "urn:gatehouse:challenge"
)

// The endpoints at which grants begin and are answered, under their names in discovery
// (RFC 8414 §2, RFC 8628 §4,
// draft-ietf-oauth-first-party-apps-03 §4).
const (
	TokenEndpoint         = "token_endpoint"
	AuthorizationEndpoint = "authorization_endpoint"
	DeviceEndpoint        = "device_authorization_endpoint"
	ChallengeEndpoint     = "authorization_challenge_endpoint"
)

// A Type is a grant type.
type Type struct {
	Name string
	// Endpoint answers the grant.
	Endpoint string
	// Begins is the endpoint that issues what the grant redeems; empty if the grant does
	// not redeem anything.
	Begins string
	// Scoped grants start afresh, with the scope in the request.
	Scoped bool
	// Confidential grants are for clients that authenticate (RFC 6749 §4.4).
	Confidential bool
	// Redirected grants need a redirect URI (RFC 6749 §3.1.2.2).
	Redirected bool
	// FirstParty grants are for apps that people are not asked about.
	FirstParty bool
	// Gives is the grant that redeems what the endpoint answers with; empty: tokens.
	Gives string
}

// A List is a set of grant types, by name.
type List []Type

// Types returns all of them.
func Types() List {
	return List{
		{Name: AuthorizationCode, Endpoint: TokenEndpoint, Begins: AuthorizationEndpoint, Redirected: true},
		{Name: ClientCredentials, Endpoint: TokenEndpoint, Scoped: true, Confidential: true},
		{Name: Password, Endpoint: TokenEndpoint, Scoped: true},
		{Name: RefreshToken, Endpoint: TokenEndpoint},
		{Name: DeviceCode, Endpoint: TokenEndpoint, Begins: DeviceEndpoint},
		{Name: Challenge, Endpoint: ChallengeEndpoint, FirstParty: true, Gives: AuthorizationCode},
	}
}

// Names returns the names of all grant types.
func Names() []string { return Types().Names() }

// Names returns the names of the types in l.
func (l List) Names() []string {
	names := make([]string, 0, len(l))
	for _, t := range l {
		names = append(names, t.Name)
	}
	return names
}

// Find returns the type with this name.
func (l List) Find(name string) (Type, bool) {
	i := slices.IndexFunc(l, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return l[i], true
}

// Allow reports whether a client with the registered grants may use the one with this name:
// it is registered, or redeems what a registered one gives.
func (l List) Allow(registered []string, name string) bool {
	return slices.Contains(registered, name) || slices.ContainsFunc(l, func(t Type) bool {
		return t.Gives == name && slices.Contains(registered, t.Name)
	})
}

// AnsweredAt returns the types that endpoint answers.
func (l List) AnsweredAt(endpoint string) List {
	return slices.DeleteFunc(slices.Clone(l), func(t Type) bool { return t.Endpoint != endpoint })
}

// Offered returns the types whose endpoints all exist.
func (l List) Offered(exists func(endpoint string) bool) List {
	return slices.DeleteFunc(slices.Clone(l), func(t Type) bool {
		return !exists(t.Endpoint) || t.Begins != "" && !exists(t.Begins)
	})
}
