package oauth

import (
	"slices"
	"strings"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// maxScopeBytes bounds a scope parameter. The scope of everything has about a dozen tokens.
const maxScopeBytes = 4096

// ParseScope reads a scope parameter (RFC 6749 §3.3) and drops repetitions. It ignores
// scopes that are not known here (OIDC Core 1.0 §3.1.2.1) but refuses a parameter of which
// nothing is left, because an empty scope would ask for everything.
func ParseScope(raw string) (authz.Scope, error) {
	if len(raw) > maxScopeBytes {
		return "", InvalidScope.Because("scope of %d bytes", len(raw))
	}
	known := authz.AllScopes.Tokens()
	var tokens []string
	for t := range strings.SplitSeq(raw, " ") {
		if strings.IndexFunc(t, notInScopeToken) >= 0 {
			return "", InvalidScope.Because("scope with a character that a token may not have")
		}
		if slices.Contains(known, t) && !slices.Contains(tokens, t) {
			tokens = append(tokens, t)
		}
	}
	if len(tokens) == 0 && strings.Trim(raw, " ") != "" {
		return "", InvalidScope.Because("no scope that is known here")
	}
	return authz.Scope(strings.Join(tokens, " ")), nil
}

// notInScopeToken: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
func notInScopeToken(c rune) bool {
	return c < 0x21 || c > 0x7e || c == '"' || c == '\\'
}

// GrantedScope decides the scope of a new grant: all of the client's registered
// scope if it asks for none, and otherwise what it asks for, or InvalidScope if
// that goes beyond the registration. The person's role is checked where the token
// is used, because a role can change while a token lives.
func GrantedScope(client store.Client, asked authz.Scope) (authz.Scope, error) {
	registered := authz.Scope(client.Scope)
	if asked == "" {
		return registered, nil
	}
	if !asked.Within(registered) {
		return "", InvalidScope.Because("scope goes beyond the client's registration")
	}
	return asked, nil
}
