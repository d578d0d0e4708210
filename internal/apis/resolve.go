package apis

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// canonicalScope returns the canonical form of a scope of an API.
func canonicalScope(a store.API, name string) string {
	if a.ID == store.OwnAPI {
		return name
	}
	return long(a.Identifier, name)
}

// Resolve returns in canonical form the scope that a client is to be registered for, and
// what is wrong with it. A name is that of the only API that offers it to the client, or
// else IDENTIFIER#name. Scopes that the client holds, in canonical form, stay good: their
// API may be gone. All is every API.
func Resolve(scope, held authz.Scope, c store.Client, all []store.API) (canonical authz.Scope, faults []string) {
	r := resolver{held, c, all}
	var tokens []string
	for _, token := range scope.Tokens() {
		resolved, fault := r.resolve(token)
		if fault != "" {
			faults = append(faults, fault)
		}
		tokens = append(tokens, resolved)
	}
	canonical = authz.Scope(strings.Join(attribute.Distinct(tokens), " "))
	if len(canonical) > maxKeptBytes && len(faults) == 0 {
		faults = append(faults, fmt.Sprintf("A scope has no more than %d bytes; one of an API counts with the identifier of the API.", maxKeptBytes))
	}
	return canonical, faults
}

type resolver struct {
	held   authz.Scope
	client store.Client
	all    []store.API
}

func (r resolver) resolve(token string) (canonical, fault string) {
	identifier, name, isForeign := foreign(token)
	switch {
	case r.held.Has(token), ofNoAPI(token):
		return token, ""
	case isForeign:
		return r.spelt(token, identifier, name)
	}
	return r.bare(name)
}

func (r resolver) spelt(token, identifier, name string) (canonical, fault string) {
	canonical, err := Canonical(identifier)
	if err != nil {
		return "", fmt.Sprintf("%.300q: %s", token, err)
	}
	for _, a := range r.all {
		if a.Identifier != canonical && !isSame(a, canonical) {
			continue
		}
		if _, there := a.Scope(name); !there {
			return "", fmt.Sprintf("%.300q: the API %s has no such scope. It has %s.", token, a.ID, Names(a))
		}
		return r.of([]store.API{a}, name)
	}
	return "", fmt.Sprintf("%.300q: %s", token, r.unknown())
}

// isSame reports whether the identifier is that of our own API, which is kept as it is set.
func isSame(a store.API, canonical string) bool {
	own, err := Canonical(a.Identifier)
	return err == nil && own == canonical
}

func (r resolver) bare(name string) (canonical, fault string) {
	var having []store.API
	for _, a := range r.all {
		if _, there := a.Scope(name); there {
			having = append(having, a)
		}
	}
	if len(having) == 0 {
		return "", fmt.Sprintf("%.100q: %s", name, r.unknown())
	}
	return r.of(having, name)
}

// of returns the scope of the only one of the APIs that offers it to the client.
func (r resolver) of(having []store.API, name string) (canonical, fault string) {
	var long []string
	for _, a := range having {
		if _, offered := Offers(a, r.client, name); offered {
			long = append(long, canonicalScope(a, name))
		}
	}
	switch len(long) {
	case 0:
		return "", notOffered(having[0], name)
	case 1:
		return long[0], ""
	}
	return "", fmt.Sprintf("%.100q is a scope of several APIs. Say which: %s.", name, few(long, " or "))
}

func notOffered(a store.API, name string) string {
	if a.Clients == store.ClientsListed {
		return fmt.Sprintf("%.100q: the API %s (%s) is for the apps that it lists alone: gatehouse api update %s --listed-client.", name, a.ID, a.Identifier, a.ID)
	}
	return fmt.Sprintf("%.100q: the API %s (%s) is not for this app.", name, a.ID, a.Identifier)
}

func (r resolver) unknown() string {
	var others []string
	for _, a := range r.all {
		if a.ID != store.OwnAPI {
			others = append(others, a.ID+" ("+a.Identifier+")")
		}
	}
	if len(others) == 0 {
		return "there is no such scope. Choose from " + string(authz.AllScopes) + ", or register an API that has it: gatehouse api create."
	}
	return "there is no such scope. Choose from " + string(authz.AllScopes) + ", or from those of the APIs " + few(others, ", ") + "; gatehouse api create registers another."
}

// Shared reports whether several of the APIs have a scope of the name, so that it does not
// say which of them is meant.
func Shared(name string, among []store.API) bool {
	having := 0
	for _, a := range among {
		if _, there := a.Scope(name); there {
			having++
		}
	}
	return having > 1
}

// Offered returns the scopes that a client may be registered for, in the form that Resolve
// returns, but no more of APIs than a person reads.
func Offered(c store.Client, all []store.API) []string {
	const most = 50
	offered := authz.Scope(authz.OpenIDScopes).Tokens()
	for _, a := range all {
		for _, name := range names(a) {
			if _, open := Offers(a, c, name); open && len(offered) < most {
				offered = append(offered, canonicalScope(a, name))
			}
		}
	}
	return offered
}

// few joins at most ten of the words.
func few(words []string, by string) string {
	const most = 10
	if len(words) > most {
		return strings.Join(words[:most], by) + by + "…"
	}
	return strings.Join(words, by)
}

func names(a store.API) []string {
	all := make([]string, len(a.Scopes))
	for i, s := range a.Scopes {
		all[i] = s.Name
	}
	return all
}

// Names returns the names of an API's scopes in a line.
func Names(a store.API) string { return strings.Join(names(a), " ") }

// Holds reports whether a client is registered for a scope of an API of others.
func Holds(c store.Client, a store.API) bool {
	return slices.ContainsFunc(authz.Scope(c.Scope).Tokens(), func(token string) bool {
		identifier, _, isForeign := foreign(token)
		return isForeign && identifier == a.Identifier
	})
}

// Short returns the scope of a client with bare names where those alone lead back to the
// same scope.
func Short(scope authz.Scope, c store.Client, all []store.API) authz.Scope {
	r := resolver{client: c, all: all}
	tokens := scope.Tokens()
	for i, token := range tokens {
		_, name, isForeign := foreign(token)
		if !isForeign {
			continue
		}
		if back, fault := r.bare(name); fault == "" && back == token {
			tokens[i] = name
		}
	}
	return authz.Scope(strings.Join(tokens, " "))
}

// Gone returns the tokens of a canonical scope that no API has any more. They can be
// granted no longer.
func Gone(scope authz.Scope, all []store.API) (gone []string) {
	there := map[string]bool{}
	for _, a := range all {
		for _, name := range names(a) {
			there[canonicalScope(a, name)] = true
		}
	}
	for _, token := range scope.Tokens() {
		if _, _, isForeign := foreign(token); isForeign && !there[token] {
			gone = append(gone, token)
		}
	}
	return gone
}

// NeedsAPIs reports whether a scope has tokens that are neither ours nor of OpenID Connect.
func NeedsAPIs(scope authz.Scope) bool { return !scope.Within(authz.AllScopes) }
