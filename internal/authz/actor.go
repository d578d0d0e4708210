// Package authz decides who may do what: pure functions over an actor, a target and the
// state that matters. It does not depend on HTTP or a back-end.
package authz

import (
	"slices"
	"strings"
	"time"

	"gatehouse/store"
)

// An Actor is the user, client or operator that acts, according to the access token and
// the record.
type Actor struct {
	// UserID and Sub are zero for a client acting for itself and for the command line.
	UserID int64
	Sub    string
	// Role is the user's role today, not that in the token.
	Role     store.Role
	ClientID string
	// SessionID is the session of the token or, at our own pages, the browser session.
	SessionID string
	// SignedInAt is when the user signed in for that session, and ACR the level of that.
	SignedInAt time.Time
	ACR        string
	Scope      Scope
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

// The scopes of Gatehouse's own API, and those of OpenID Connect with our own two for
// claims: role and groups. The latter belong to no API.
const (
	ScopeAccount    = "account"
	ScopeUsersRead  = "users:read"
	ScopeUsersWrite = "users:write"
	ScopeClients    = "clients"

	OpenIDScopes = "openid profile email phone address role groups offline_access"
	OwnScopes    = Scope(ScopeAccount + " " + ScopeUsersRead + " " + ScopeUsersWrite + " " + ScopeClients)
	AllScopes    = OpenIDScopes + " " + OwnScopes
)

// Has reports whether s contains the token.
func (s Scope) Has(token string) bool { return slices.Contains(s.Tokens(), token) }

// Tokens splits s.
func (s Scope) Tokens() []string { return strings.Fields(string(s)) }

// With returns s with the tokens of more that it lacks.
func (s Scope) With(more Scope) Scope {
	all := s.Tokens()
	for _, t := range more.Tokens() {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return Scope(strings.Join(all, " "))
}

// Without returns the tokens of s that taken does not have.
func (s Scope) Without(taken Scope) Scope {
	gone := taken.Tokens()
	return s.Filter(func(t string) bool { return !slices.Contains(gone, t) })
}

// Filter returns the tokens of s that keep reports.
func (s Scope) Filter(keep func(token string) bool) Scope {
	return Scope(strings.Join(slices.DeleteFunc(s.Tokens(), func(t string) bool { return !keep(t) }), " "))
}

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
