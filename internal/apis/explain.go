package apis

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// A Finder finds an API by its canonical identifier, or returns store.ErrNotFound.
type Finder interface {
	Find(ctx context.Context, identifier string) (store.API, error)
}

// A Section is the part of a scope that concerns one API, in words for people.
type Section struct {
	// Identifier and Name are those of the API. Both are empty for the scopes of OpenID
	// Connect, and Name alone is empty for an API that is gone.
	Identifier, Name string
	Scopes           []ScopeText
}

// A ScopeText is what a scope lets an app do.
type ScopeText struct {
	// Token is the scope in canonical form, and Name the bare name.
	Token, Name string
	Text        string
	Sensitive   bool
	// Gone scopes can be granted no longer: their API has them no more.
	Gone bool
}

// Explain returns what a canonical scope lets an app do, by API. Within a section, sensitive
// scopes come first; sections with one come before the others. Beyond that, OpenID Connect
// comes first, and then our own API. Unknown APIs are not an error: see ScopeText.Gone.
func Explain(ctx context.Context, apis Finder, own store.API, scope authz.Scope) ([]Section, error) {
	sections := builtIn(own, scope)
	for _, token := range scope.Tokens() {
		identifier, name, isForeign := foreign(token)
		if !isForeign {
			continue
		}
		a, err := apis.Find(ctx, identifier)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		at := slices.IndexFunc(sections, func(s Section) bool { return s.Identifier == identifier })
		if at < 0 {
			at = len(sections)
			sections = append(sections, Section{Identifier: identifier, Name: a.Name})
		}
		sections[at].Scopes = append(sections[at].Scopes, textOf(a, token, name))
	}
	return inOrder(sections), nil
}

// Explain is the function Explain for APIs as they were at most a second ago.
func (c *Catalog) Explain(ctx context.Context, scope authz.Scope) ([]Section, error) {
	own, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	return Explain(ctx, c, own, scope)
}

// Sensitive reports whether something in the sections is sensitive: that comes first.
func Sensitive(sections []Section) bool {
	return len(sections) > 0 && sections[0].Scopes[0].Sensitive
}

// builtIn returns the sections of OpenID Connect and of our own API, if not empty.
func builtIn(own store.API, scope authz.Scope) (sections []Section) {
	openID, ours := Section{}, Section{Identifier: own.Identifier, Name: own.Name}
	for token, text := range scope.Words() {
		if s, there := own.Scope(token); there {
			ours.Scopes = append(ours.Scopes, ScopeText{Token: token, Name: token, Text: text, Sensitive: s.Sensitive})
		} else {
			openID.Scopes = append(openID.Scopes, ScopeText{Token: token, Name: token, Text: text})
		}
	}
	for _, s := range []Section{openID, ours} {
		if len(s.Scopes) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

func textOf(a store.API, token, name string) ScopeText {
	s, there := a.Scope(name)
	if !there {
		return ScopeText{Token: token, Name: name, Text: name, Gone: true}
	}
	return ScopeText{Token: token, Name: name, Text: s.Description, Sensitive: s.Sensitive}
}

// inOrder moves what is sensitive to the front.
func inOrder(sections []Section) []Section {
	for i, s := range sections {
		sections[i] = InOrder(s)
	}
	slices.SortStableFunc(sections, func(a, b Section) int { return cmp.Compare(rank(a.Scopes[0]), rank(b.Scopes[0])) })
	return sections
}

// InOrder returns a section as people read it.
func InOrder(s Section) Section {
	slices.SortStableFunc(s.Scopes, func(a, b ScopeText) int { return cmp.Compare(rank(a), rank(b)) })
	return s
}

func rank(s ScopeText) int {
	if s.Sensitive {
		return 0
	}
	return 1
}
