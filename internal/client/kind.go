package client

import (
	"net/url"
	"slices"

	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/loopback"
	"gatehouse/store"
)

// A Kind is what an app is. Its grants, its way to authenticate and its scope follow from
// that.
type Kind struct {
	Name        string
	AuthMethod  string
	Grants      []string
	RequirePKCE bool
	Scope       string
}

// The names of the kinds.
const (
	// Web is a web app with a server, which keeps a secret.
	Web = "web"
	// SinglePage is an app that runs in the browser alone.
	SinglePage = "spa"
	// Native is an app on a phone or a desktop.
	Native = "native"
	// Machine is an app without people.
	Machine = "machine"
	// Agent is an agent or an MCP client that acts for people.
	Agent = "agent"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	const people = "openid profile email"
	code := []string{grant.AuthorizationCode, grant.RefreshToken}
	return []Kind{
		{Name: Web, AuthMethod: store.SecretBasic, Grants: code, RequirePKCE: true, Scope: people},
		{Name: SinglePage, AuthMethod: store.NoSecret, Grants: code, Scope: people},
		{Name: Native, AuthMethod: store.NoSecret, Grants: code, Scope: people},
		{Name: Machine, AuthMethod: store.SecretBasic, Grants: []string{grant.ClientCredentials}},
		{Name: Agent, AuthMethod: store.NoSecret, Grants: code, Scope: "openid offline_access"},
	}
}

// KindNames returns the names of all kinds.
func KindNames() (names []string) {
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// KindNamed returns the kind with this name.
func KindNamed(name string) (Kind, bool) {
	all := Kinds()
	at := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if at < 0 {
		return Kind{}, false
	}
	return all[at], true
}

// Redirects reports whether people return to an app of the kind from the sign-in.
func (k Kind) Redirects() bool { return slices.Contains(k.Grants, grant.AuthorizationCode) }

// Fill adds to in what was not sent, and what follows from the kind.
func (k Kind) Fill(in *Input) {
	if !in.AuthMethod.Sent {
		in.AuthMethod = fields.Given(k.AuthMethod)
	}
	if !in.GrantTypes.Sent {
		in.GrantTypes = fields.Listed(k.Grants...)
	}
	if !in.RequirePKCE.Sent && k.RequirePKCE {
		in.RequirePKCE = fields.On(true)
	}
	if !in.Scope.Sent && k.Scope != "" {
		in.Scope = fields.Given(k.Scope)
	}
}

// KindOf returns the name of the kind that a client looks like.
func KindOf(c store.Client) string {
	switch {
	case c.Origin != store.OriginRegistered:
		return Agent
	case len(c.RedirectURIs) == 0 && slices.Contains(c.GrantTypes, grant.ClientCredentials):
		return Machine
	case !c.Public():
		return Web
	case slices.ContainsFunc(c.RedirectURIs, onDevice):
		return Native
	}
	return SinglePage
}

// onDevice reports whether a redirect URI leads to a program on the device itself.
func onDevice(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && (u.Scheme != "https" && u.Scheme != "http" || loopback.Host(u.Hostname()) && u.Scheme == "http")
}
