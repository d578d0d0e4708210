// Package authz decides who may do what: pure functions over an actor, a target and the
// state that matters. It does not depend on HTTP or a back-end.
package authz

import (
	"slices"
	"strings"

	"gatehouse/store"
)

// An Actor is the user, client or operator that acts, according to the access token and
// the record.
type Actor struct {
	// UserID and Sub are zero for a client acting for itself and for the command line.
	UserID int64
	Sub    string
	// Role is the user's role today, not that in the token.
	Role      store.Role
	ClientID  string
	SessionID string
	Scope     Scope
	// Operator is set for the command line, which may do everything that an
	// administrator may.
	Operator bool
}

// Operator is the actor of the command line.
var Operator = Actor{Operator: true, Role: store.RoleAdmin, Scope: AllScopes}

// String returns the actor's name in the audit log.
func (a Actor) String() string {
	switch {
	case a.Operator:
		return "cli"
	case a.Sub != "":
		return "user:" + a.Sub
	case a.ClientID != "":
		return "client:" + a.ClientID
	}
	return "anonymous"
}

// A Scope is a space-separated list of scope tokens (RFC 6749 §3.3).
type Scope string

// The scopes of Gatehouse's own API, and those of OpenID Connect.
const (
	ScopeAccount    = "account"
	ScopeUsersRead  = "users:read"
	ScopeUsersWrite = "users:write"
	ScopeClients    = "clients"

	OpenIDScopes = "openid profile email phone address offline_access"
	AllScopes    = Scope(OpenIDScopes + " " + ScopeAccount + " " + ScopeUsersRead + " " + ScopeUsersWrite + " " + ScopeClients)
)

// Has reports whether s contains the token.
func (s Scope) Has(token string) bool { return slices.Contains(s.Tokens(), token) }

// Tokens splits s.
func (s Scope) Tokens() []string { return strings.Fields(string(s)) }

// Within reports whether every token of s is one of limit's.
func (s Scope) Within(limit Scope) bool {
	allowed := limit.Tokens()
	for _, t := range s.Tokens() {
		if !slices.Contains(allowed, t) {
			return false
		}
	}
	return true
}

// ForRole returns every scope that a user with that role can use.
func ForRole(r store.Role) Scope {
	s := OpenIDScopes + " " + ScopeAccount
	if r == store.RoleStaff || r == store.RoleAdmin {
		s += " " + ScopeUsersRead
	}
	if r == store.RoleAdmin {
		s += " " + ScopeUsersWrite + " " + ScopeClients
	}
	return Scope(s)
}
