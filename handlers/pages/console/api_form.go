package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// inRows is how many scopes have a row of the form each. More are lines of one field, since a
// form may have no more than 64 parameters.
const inRows = 9

// apiValues returns an API as its form would send it.
func apiValues(a store.API) url.Values {
	form := url.Values{
		"name": {a.Name}, "clients": {a.Clients}, "token_type": {a.TokenType}, "signing_alg": {a.Signing.Alg},
		"listed_clients": {strings.Join(a.ListedClients, "\n")}, "introspection_clients": {strings.Join(a.IntrospectionClients, "\n")},
	}
	if a.AccessTokenLifetime > 0 {
		form.Set("access_token_lifetime", strconv.Itoa(int(a.AccessTokenLifetime/time.Second)))
	}
	for _, claim := range a.Claims {
		form.Set("claim_"+claim, "1")
	}
	if a.ListedInMetadata {
		form.Set("listed_in_metadata", "1")
	}
	addScopes(form, a.Scopes)
	return form
}

func addScopes(form url.Values, scopes []store.APIScope) {
	if len(scopes) > inRows {
		form.Set("lines", linesOf(scopes))
		return
	}
	form.Set("rows", strconv.Itoa(len(scopes)))
	for i, s := range scopes {
		at := strconv.Itoa(i)
		form.Set("name_"+at, s.Name)
		form.Set("text_"+at, s.Description)
		if s.Sensitive {
			form.Set("sensitive_"+at, "1")
		}
	}
}

// linesOf writes a line for each scope: perhaps a ! that says that it is sensitive, its name,
// and the sentence.
func linesOf(scopes []store.APIScope) string {
	var b strings.Builder
	for _, s := range scopes {
		if s.Sensitive {
			b.WriteString("! ")
		}
		b.WriteString(s.Name + " " + s.Description + "\n")
	}
	return b.String()
}

// scopesOf returns the scopes of a form, without those that it removes.
func scopesOf(form url.Values) (scopes []store.APIScope) {
	if form.Has("lines") {
		for line := range strings.Lines(form.Get("lines")) {
			line, sensitive := strings.CutPrefix(strings.TrimSpace(line), "! ")
			name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name != "" {
				scopes = append(scopes, store.APIScope{Name: name, Description: strings.TrimSpace(text), Sensitive: sensitive})
			}
		}
		return scopes
	}
	for i := range rowsOf(form) {
		at := strconv.Itoa(i)
		s := store.APIScope{Name: strings.TrimSpace(form.Get("name_" + at)), Description: form.Get("text_" + at), Sensitive: form.Has("sensitive_" + at)}
		if (s.Name != "" || s.Description != "") && !form.Has("remove_"+at) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// rowsOf returns how many rows a form has.
func rowsOf(form url.Values) int {
	n, err := strconv.Atoi(form.Get("rows"))
	if err != nil || n < 0 || n > 2*inRows {
		return 0
	}
	return n
}

// typedAPI returns the API as a form says that it should be, right or wrong.
func (f asked) typedAPI() store.API {
	if f.is.ID == store.OwnAPI {
		own := f.is
		own.Clients = f.typed.Get("clients")
		return own
	}
	a := store.API{
		ID: f.is.ID, Identifier: f.is.Identifier, Name: f.typed.Get("name"), Scopes: scopesOf(f.typed),
		Clients: f.typed.Get("clients"), TokenType: f.typed.Get("token_type"), Signing: store.SigningChoice{Alg: f.typed.Get("signing_alg")}, Claims: claimsOf(f.typed), ListedInMetadata: f.typed.Has("listed_in_metadata"),
	}
	if f.isNew {
		a.Identifier, _ = apis.Canonical(f.typed.Get("identifier"))
	}
	if n := lifetimeOf(f.typed); n.Problem == "" && n.Value <= int64(apis.MaxAccessTokenLifetime/time.Second) {
		a.AccessTokenLifetime = time.Duration(n.Value) * time.Second
	}
	return a
}

// taken returns the names of the scopes that the form takes away, in their order.
func (f asked) taken() (names []string) {
	if f.isNew || f.is.ID == store.OwnAPI {
		return nil
	}
	stay := scopesOf(f.typed)
	for _, s := range f.is.Scopes {
		if !slices.ContainsFunc(stay, func(of store.APIScope) bool { return of.Name == s.Name }) {
			names = append(names, s.Name)
		}
	}
	return names
}

// input returns what the form changes.
func (f asked) input() apis.Input {
	in := apis.Input{Clients: fields.Given(f.typed.Get("clients")), Shown: version.Tag(f.typed.Get("version"))}
	if f.is.ID == store.OwnAPI {
		return in
	}
	in.Name, in.Scopes, in.TokenType = fields.Given(f.typed.Get("name")), apis.ScopesOf(scopesOf(f.typed)...), fields.Given(f.typed.Get("token_type"))
	if f.typed.Has("signing_alg") {
		in.SigningAlg = fields.Given(f.typed.Get("signing_alg"))
	}
	in.Claims, in.AccessTokenLifetime, in.ListedInMetadata = fields.Listed(claimsOf(f.typed)...), lifetimeOf(f.typed), fields.On(f.typed.Has("listed_in_metadata"))
	in.IntrospectionClients, in.ListedClients = fields.Listed(strings.Fields(f.typed.Get("introspection_clients"))...), fields.Listed()
	if f.typed.Get("clients") == store.ClientsListed {
		in.ListedClients = fields.Listed(strings.Fields(f.typed.Get("listed_clients"))...)
	}
	return in
}

// newInputOf returns what a form says of a new API.
func newInputOf(form url.Values) apis.Input {
	in := asked{isNew: true, typed: form}.input()
	in.Shown = ""
	in.Identifier = fields.Given(strings.TrimSpace(form.Get("identifier")))
	if form.Has("id") {
		in.ID = fields.Given(strings.TrimSpace(form.Get("id")))
	}
	return in
}

func claimsOf(form url.Values) (claims []string) {
	for _, name := range store.APIClaims() {
		if form.Has("claim_" + name) {
			claims = append(claims, name)
		}
	}
	return claims
}

// lifetimeOf returns the lifetime in seconds; 0 for an empty field.
func lifetimeOf(form url.Values) fields.Number {
	text := strings.TrimSpace(form.Get("access_token_lifetime"))
	if text == "" {
		return fields.Whole(0)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fields.Number{Sent: true, Problem: fields.NotANumber}
	}
	return fields.Whole(n)
}
