package apis

import (
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// An Input is what a caller sends about an API. The lifetime is in seconds; 0 means that
// of the client.
type Input struct {
	// ID and Identifier are sent once, at the creation.
	ID, Identifier fields.Text
	Name           fields.Text
	// Scopes is a JSON list of objects: see ScopesOf.
	Scopes                              fields.Text
	Clients, TokenType, SigningAlg      fields.Text
	ListedClients, IntrospectionClients fields.List
	AccessTokenLifetime                 fields.Number
	Claims                              fields.List
	ListedInMetadata                    fields.Flag
	// Shown is Version of the API that a form was filled in for.
	Shown version.Tag
}

// An Attribute describes one attribute of an API.
type Attribute = attribute.Attribute[Input, store.API]

// Attributes returns all attributes that can change, in the order of their members in
// answers. Their rules are applied in this order too, so clients comes before
// listed_clients, whose rule reads it.
func Attributes() []Attribute {
	ids := fields.Schema{Type: "array", Items: &fields.Schema{Type: "string", MaxLength: 255}, MaxItems: maxClients}
	return []Attribute{
		{
			Name: "name", Field: attribute.Of(func(in *Input) *fields.Text { return &in.Name }, func(a *store.API) *string { return &a.Name }, attribute.SetName),
			Schema:  fields.Schema{Type: "string", Description: "Shown to people.", MinLength: 1, MaxLength: attribute.MaxNameLength},
			Example: "Orders", Flag: "name", Usage: "`name` that people see",
		}, {
			Name: "scopes", Field: attribute.Of(func(in *Input) *fields.Text { return &in.Scopes }, func(a *store.API) *Scopes { return (*Scopes)(&a.Scopes) }, setScopes),
			Kind: attribute.Records, Schema: fields.Component("APIScopes"),
			InForm:  fields.Schema{Type: "string", Description: "The API's scopes, as a JSON list of objects.", ContentMediaType: "application/json"},
			Example: Scopes{{Name: "orders:read", Description: "Read your orders"}, {Name: "orders:write", Description: "Place orders for you", Sensitive: true}},
			Flag:    "scope", Usage: "`NAME=DESCRIPTION` of a scope, described as people read it at consent; repeatable",
		}, {
			Name: "clients", Field: attribute.Of(func(in *Input) *fields.Text { return &in.Clients }, func(a *store.API) *string { return &a.Clients }, attribute.SetOneOf(store.APIClientRules())),
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "Which apps may use the API: `registered` ones, those that it has `listed`, or `any`, also apps that no administrator registered.",
				Enum: store.APIClientRules(),
			},
			Example: store.ClientsRegistered, Flag: "clients", Usage: "`rule` for which apps may use it: " + attribute.Choices(store.APIClientRules(), store.ClientsRegistered) + "; any admits also apps that no administrator registered",
		}, {
			Name: "listed_clients", Field: attribute.Of[Input, store.API, fields.List, []string](func(in *Input) *fields.List { return &in.ListedClients }, func(a *store.API) *[]string { return &a.ListedClients }, nil).By(setListed),
			Schema:  ids.Saying("The IDs of the apps that may use an API whose `clients` is `listed`."),
			Example: []string{}, Flag: "listed-client", Usage: "`ID` of an app that may use it, with --clients listed; repeatable",
		}, {
			Name: "access_token_lifetime", Field: attribute.Of(func(in *Input) *fields.Number { return &in.AccessTokenLifetime }, func(a *store.API) *time.Duration { return &a.AccessTokenLifetime }, attribute.SetLifetime(attribute.Bound{Is: MaxAccessTokenLifetime})),
			Schema: attribute.Lifetime("The life of an access token for the API.", MaxAccessTokenLifetime, "that of the app's tokens"),
			Flag:   "access-token-lifetime", Usage: "`life` of access tokens for it, such as 10m; 0: that of the app's tokens",
		}, {
			Name: "token_type", Field: attribute.Of(func(in *Input) *fields.Text { return &in.TokenType }, func(a *store.API) *string { return &a.TokenType }, attribute.SetOneOf(store.APITokenTypes())),
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "The `typ` header of its access tokens: `at+jwt` (RFC 9068), or `JWT` for an API whose library refuses that.",
				Enum: store.APITokenTypes(),
			},
			Example: store.TokenTypeAccess, Flag: "token-type", Usage: "`typ` header of its access tokens: " + attribute.Choices(store.APITokenTypes(), store.TokenTypeAccess) + ", for libraries that refuse the former",
		}, {
			Name: "signing_alg", Field: attribute.Of(func(in *Input) *fields.Text { return &in.SigningAlg }, func(a *store.API) *string { return &a.Signing.Alg }, attribute.SetSigningAlg(store.SigningAlgorithms())),
			Kind: attribute.Choice,
			Schema: fields.Schema{
				Type: "string", Description: "What its access tokens are signed with (RFC 7518 §3.1, RFC 9864). Chosen for the first time, an algorithm signs only when every verifier can know its key: see `signing_alg_from`. `EdDSA` is another name for `Ed25519`.",
				Enum: store.SigningAlgorithms(),
			},
			Example: store.RS256, Flag: "signing-alg", Usage: "`algorithm` that signs its access tokens: " + attribute.Choices(store.SigningAlgorithms(), store.RS256),
		}, {
			Name: "claims", Field: attribute.Of(func(in *Input) *fields.List { return &in.Claims }, func(a *store.API) *[]string { return &a.Claims }, attribute.SetSomeOf(store.APIClaims())),
			Schema:  fields.Schema{Type: "array", Description: "What its access tokens say of the person, beside `sub`.", Items: &fields.Schema{Type: "string", Enum: store.APIClaims()}},
			Example: []string{"role"}, Flag: "claim", Usage: "`claim` about the person that its access tokens carry: " + attribute.Choices(store.APIClaims(), "role") + "; repeatable",
		}, {
			Name: "listed_in_metadata", Field: attribute.Of(func(in *Input) *fields.Flag { return &in.ListedInMetadata }, func(a *store.API) *bool { return &a.ListedInMetadata }, attribute.SetFlag),
			Schema:  fields.Schema{Type: "boolean", Description: "Whether its scopes are in our `scopes_supported`, which everybody can read (RFC 8414)."},
			Example: false, Flag: "listed-in-metadata", Usage: "name its scopes in our metadata, which everybody can read",
		}, {
			Name: "introspection_clients", Field: attribute.Of(func(in *Input) *fields.List { return &in.IntrospectionClients }, func(a *store.API) *[]string { return &a.IntrospectionClients }, setClientIDs),
			Schema:  ids.Saying("The IDs of the confidential apps that may introspect its access tokens (RFC 7662), beside the app that has the token."),
			Example: []string{}, Flag: "introspection-client", Usage: "`ID` of a confidential app that may introspect its access tokens; repeatable",
		},
	}
}

// Change returns the difference between two states of an API. After is empty if they are
// equal.
func Change(was, is store.API) audit.APIUpdated {
	before, after := attribute.Changes(Attributes(), was, is)
	return audit.APIUpdated{Before: before, After: after}
}
