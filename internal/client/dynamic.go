package client

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// Metadata is what an app says of itself (RFC 7591 §2). Of the Input it has no attribute
// that only an administrator may set. Its ID and Secret are those that the app has already
// (RFC 7592 §2.2).
type Metadata struct {
	Input
	ApplicationType fields.Text
	ResponseTypes   fields.List
	// SubjectType has one value that is supported (OpenID Connect Dynamic Client Registration
	// 1.0 §2). An app that relies on another must learn of it.
	SubjectType fields.Text
}

// What every client has.
const (
	SubjectType = "public"

	codeResponse = "code" // the only response type (RFC 6749 §3.1.1)
)

// defaultScope is what an app gets that does not say. It bounds only the scopes of OpenID
// Connect (package apis).
const defaultScope = "openid profile email offline_access"

// SelfGrants are the grants of apps that nobody has vouched for: a person decides in each.
func SelfGrants(all grant.List) grant.List {
	var some grant.List
	for _, name := range []string{grant.AuthorizationCode, grant.RefreshToken, grant.DeviceCode} {
		if g, known := all.Find(name); known {
			some = append(some, g)
		}
	}
	return some
}

// describe copies what an app says of itself into c, and adds a fault for each value that
// is invalid. The app holds a scope already. All is every API, if a scope was sent, and
// supported are the algorithms for ID tokens, if one was.
func (s *Service) describe(c *store.Client, m Metadata, held string, all []store.API, supported []string, faults *fields.Errors) {
	scope, algorithm := m.Scope, m.IDTokenAlg
	m.Scope, m.IDTokenAlg = fields.Text{}, fields.Text{}
	(&Service{Grants: SelfGrants(s.Grants)}).examine(c, m.Input, held, all, faults)
	c.Name = cmp.Or(c.Name, c.ID)
	describeScope(c, scope, held, all, faults)
	checkResponseTypes(*c, m.ResponseTypes, faults)
	setApplicationType(c, m.ApplicationType, faults)
	setSupported(&c.IDTokenSigning.Alg, algorithm, supported, faults)
	only(SubjectType, "subject_type", m.SubjectType, faults)
}

func only(value, name string, t fields.Text, faults *fields.Errors) {
	if t.Sent && t.Value != value {
		faults.Add(name, "Only "+value+" is supported.")
	}
}

// describeScope sets the scope. A stranger learns only of the APIs that are open to it. A
// name that several of them have says nothing here, where no resource is named: an agent
// registers with what one MCP server told it.
func describeScope(c *store.Client, t fields.Text, held string, all []store.API, faults *fields.Errors) {
	if t.Problem != "" {
		faults.Add("scope", t.Problem)
		return
	}
	open := slices.DeleteFunc(slices.Clone(all), func(a store.API) bool { return !a.Admits(*c) })
	said := authz.Scope(t.Value).Filter(func(name string) bool { return !apis.Shared(name, open) })
	if said == "" {
		said = defaultScope
	}
	scope, wrong := apis.Resolve(said, authz.Scope(held), *c, open)
	c.Scope = string(scope)
	if len(wrong) > 0 {
		faults.Add("scope", "An app that registers itself may have "+strings.Join(apis.Offered(*c, open), " ")+".")
	}
}

// checkResponseTypes compares the response types with the grants (RFC 7591 §2.1).
func checkResponseTypes(c store.Client, l fields.List, faults *fields.Errors) {
	redeems := slices.Contains(c.GrantTypes, grant.AuthorizationCode)
	switch {
	case l.Problem != "":
		faults.Add("response_types", l.Problem)
	case !l.Sent:
	case slices.ContainsFunc(l.Values, func(kind string) bool { return kind != codeResponse }):
		faults.Add("response_types", "The only response type is "+codeResponse+".")
	case redeems && len(l.Values) == 0:
		faults.Add("response_types", "The grant "+grant.AuthorizationCode+" needs the response type "+codeResponse+".")
	case !redeems && len(l.Values) > 0:
		faults.Add("response_types", "The response type "+codeResponse+" needs the grant "+grant.AuthorizationCode+".")
	}
}

// ResponseTypes returns the response types of a client; they follow from its grants.
func ResponseTypes(c store.Client) []string {
	if slices.Contains(c.GrantTypes, grant.AuthorizationCode) {
		return []string{codeResponse}
	}
	return []string{}
}

// setApplicationType judges the redirect URIs by the kind of the app (OpenID Connect
// Dynamic Client Registration 1.0 §2). The kind of an app that does not say follows from
// them: most native apps do not say. A native app may have https, too (RFC 8252 §7.2).
func setApplicationType(c *store.Client, t fields.Text, faults *fields.Errors) {
	local := slices.IndexFunc(c.RedirectURIs, func(uri string) bool { return !isHTTPS(uri) })
	switch {
	case t.Problem != "":
		faults.Add("application_type", t.Problem)
	case t.Sent && !slices.Contains(store.ApplicationTypes(), t.Value):
		faults.Add("application_type", "Choose "+fields.Or(store.ApplicationTypes())+".")
	case t.Sent && t.Value == store.WebApplication && local >= 0 && !faults.Has("redirect_uris"):
		faults.Add("redirect_uris", fmt.Sprintf("%.100q: A web application has only https; a native one may have a loopback address or a private scheme.", c.RedirectURIs[local]))
	case t.Sent:
		c.Registration.ApplicationType = t.Value
	case local >= 0 || len(c.RedirectURIs) == 0:
		c.Registration.ApplicationType = store.NativeApplication
	default:
		c.Registration.ApplicationType = store.WebApplication
	}
}

func isHTTPS(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme == "https"
}

// checkOrigin keeps from an app that nobody has vouched for what an administrator gives
// only to apps that they know.
func checkOrigin(c store.Client, all grant.List, faults *fields.Errors) {
	if c.Origin == store.OriginRegistered {
		return
	}
	if c.FirstParty {
		faults.Add("first_party", "An app that nobody registered here is never first-party.")
	}
	mine := SelfGrants(all).Names()
	if !faults.Has("grant_types") && slices.ContainsFunc(c.GrantTypes, func(name string) bool { return !slices.Contains(mine, name) }) {
		faults.Add("grant_types", "An app that nobody registered here may have "+strings.Join(mine, ", ")+".")
	}
}
