package document

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/keys"
	"gatehouse/store"
)

// grants are those that a document may name; others in it are ignored.
var grants = []string{grant.AuthorizationCode, grant.RefreshToken, grant.DeviceCode}

// methods are those that a document may name, the strongest first. A secret in a public
// document would not be one.
var methods = []string{store.PrivateKeyJWT, store.NoSecret}

// members are the names that a document has for attributes of a client, in the order in
// which a fault is looked for.
var members = []struct{ attribute, member string }{
	{"name", "client_name"}, {"redirect_uris", "redirect_uris"}, {"grant_types", "grant_types"}, {"auth_method", "token_endpoint_auth_method"},
	{"jwks", "jwks"}, {"jwks_uri", "jwks_uri"},
}

// describe returns the client that a document describes (RFC 7591 §2, §4 of the draft).
// Members that it does not know it ignores.
func (s *Service) describe(id string, text []byte, now time.Time) (store.Client, error) {
	parsed, err := keys.ParseObject(text)
	if err != nil {
		return store.Client{}, NotAnObject.because("%.300q: %v", id, err)
	}
	document := document{id, parsed}
	in, err := document.input()
	if err != nil {
		return store.Client{}, err
	}
	c := store.Client{ID: id, Origin: store.OriginDocument, Rotation: store.RotationStrict, IDTokenSigning: store.SigningChoice{Alg: store.RS256}, RefreshSigning: store.SigningChoice{Alg: store.RS256}, CreatedAt: now, UpdatedAt: now}
	err = s.Rules.Describe(&c, in)
	if faults, ok := errors.AsType[*fields.Errors](err); ok {
		for _, m := range members {
			if faults.Has(m.attribute) {
				return store.Client{}, Member(m.member).because("%.300q: %s: %.300q", id, m.member, faults.Of(m.attribute))
			}
		}
	}
	return c, err
}

// A document is the members of a JSON object at a URL.
type document struct {
	id      string
	members map[string]json.RawMessage
}

// input returns what the document says of the client, as a registration would.
func (d document) input() (client.Input, error) {
	if given := d.text("client_id"); given.Value != d.id {
		return client.Input{}, OtherID.because("the document at %.300q has the client_id %.300q", d.id, given.Value)
	}
	if d.has("client_secret") || d.has("client_secret_expires_at") {
		return client.Input{}, Secret.because("the document at %.300q has a secret", d.id)
	}
	in := client.Input{Name: d.text("client_name"), Scope: fields.Given(authz.OpenIDScopes), RedirectURIs: d.redirects(), GrantTypes: d.grants()}
	if !in.Name.Sent {
		return in, Member("client_name").because("the document at %.300q has no client_name", d.id)
	}
	if len(in.GrantTypes.Values) == 0 && in.GrantTypes.Problem == "" {
		return in, NoGrant.because("the document at %.300q has no grant type of ours", d.id)
	}
	method := d.method()
	if method == "" {
		return in, NoMethod.because("the document at %.300q has no method of ours", d.id)
	}
	if in.AuthMethod = fields.Given(method); method == store.PrivateKeyJWT {
		in.JWKS, in.JWKSURI = d.keys(), d.text("jwks_uri")
	}
	return in, nil
}

// redirects returns the redirect URIs that a client may be registered with. An app that
// knows several servers may name some that are for others. If none is left, all are
// returned, for their faults.
func (d document) redirects() fields.List {
	all := d.list("redirect_uris")
	ours := slices.DeleteFunc(slices.Clone(all.Values), func(uri string) bool { return client.RedirectFault(uri) != "" })
	if len(ours) > 0 {
		all.Values = ours
	}
	return all
}

// grants returns the grant types that count (RFC 7591 §2).
func (d document) grants() fields.List {
	all := d.list("grant_types")
	if !all.Sent {
		return fields.Listed(client.DefaultGrant)
	}
	all.Values = slices.DeleteFunc(all.Values, func(name string) bool { return !slices.Contains(grants, name) })
	return all
}

// method returns the strongest method that the client and we have, or "": of the one that
// it names, and of those that it offers (OpenID Connect Relying Party Metadata Choices 1.0).
// A document that names none is of a public client.
func (d document) method() string {
	offered := d.list("token_endpoint_auth_methods_supported").Values
	if one := d.text("token_endpoint_auth_method"); one.Sent {
		offered = append(offered, one.Value)
	}
	if !d.has("token_endpoint_auth_method") && !d.has("token_endpoint_auth_methods_supported") {
		offered = []string{store.NoSecret}
	}
	for _, method := range methods {
		if slices.Contains(offered, method) && (method != store.PrivateKeyJWT || d.has("jwks") || d.has("jwks_uri")) {
			return method
		}
	}
	return ""
}

func (d document) has(name string) bool {
	given, ok := d.members[name]
	return ok && string(given) != "null"
}

func (d document) text(name string) (t fields.Text) {
	if t.Sent = d.has(name); t.Sent && json.Unmarshal(d.members[name], &t.Value) != nil {
		t.Problem = fields.NotAString
	}
	return t
}

func (d document) list(name string) (l fields.List) {
	if l.Sent = d.has(name); l.Sent && json.Unmarshal(d.members[name], &l.Values) != nil {
		l.Values, l.Problem = nil, fields.NotAList
	}
	return l
}

func (d document) keys() fields.Text {
	if !d.has("jwks") {
		return fields.Text{}
	}
	return fields.Given(string(d.members["jwks"]))
}
