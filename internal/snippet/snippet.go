// Package snippet fills the snippets of the documentation in with the values of an app.
package snippet

import (
	"slices"
	"strings"

	snippets "gatehouse/docs/snippets/apps"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// A Snippet is code in one language.
type Snippet struct {
	// Name is a word for IDs, and Title what people call the language.
	Name, Title string
	Parts       []Part
}

// A Part is a piece of code. Value says that it is one of the app's own.
type Part struct {
	Text  string
	Value bool
}

// Text returns the code as it is.
func (s Snippet) Text() string {
	var b strings.Builder
	for _, p := range s.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Of returns the snippets of an app: none if it uses neither a code nor its own credentials,
// or signs with keys.
func Of(issuer string, c store.Client) (all []Snippet) {
	family := "machine"
	switch {
	case c.AuthMethod == store.PrivateKeyJWT:
		return nil
	case slices.Contains(c.GrantTypes, grant.AuthorizationCode) && len(c.RedirectURIs) > 0:
		family = "code"
	case !slices.Contains(c.GrantTypes, grant.ClientCredentials):
		return nil
	}
	v := values{issuer: issuer, id: c.ID, scope: plain(c.Scope)}
	if len(c.RedirectURIs) > 0 {
		v.back = c.RedirectURIs[0]
	}
	for _, l := range languages {
		text, err := snippets.Files.ReadFile(family + l.file)
		if err != nil {
			panic(err) // cannot happen: the file is embedded
		}
		all = append(all, Snippet{l.name, l.title, l.fill(string(text), c.AuthMethod, v)})
	}
	return all
}

// plain returns a scope without those of APIs, which are asked for with the API.
func plain(scope string) (tokens []string) {
	for _, token := range strings.Fields(scope) {
		if !strings.Contains(token, "#") {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// fill adapts code to the way in which the app authenticates, and puts its values in their
// places. All places are found before any is filled.
func (l language) fill(text, method string, v values) (parts []Part) {
	text = strings.NewReplacer(l.methods[method]...).Replace(text)
	if l.begin != nil {
		text = l.begin(text, v)
	}
	at := 0
	for _, place := range l.places.FindAllStringIndex(text, -1) {
		parts = append(parts, Part{Text: text[at:place[0]]}, Part{l.value(text[place[0]:place[1]], v), true})
		at = place[1]
	}
	return append(parts, Part{Text: text[at:]})
}
