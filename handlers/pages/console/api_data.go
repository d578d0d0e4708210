package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/store"
	"gatehouse/web"
)

// data fills the page with what was typed, as far as it has fields, and with what is.
func (e API) data(r *http.Request, form asked) (web.ConsoleAPIData, error) {
	a := form.typedAPI()
	data := web.ConsoleAPIData{
		New: form.isNew, Own: a.ID == store.OwnAPI, ID: a.ID, Path: pages.APIPath(a.ID), Name: a.Name, Identifier: a.Identifier, Typed: form.typed.Get("identifier"),
		Used: e.when(r, form.is.LastUsedAt), Listed: form.typed.Get("listed_clients"), Introspection: form.typed.Get("introspection_clients"),
		Lifetime: form.typed.Get("access_token_lifetime"), InMetadata: a.ListedInMetadata, Live: live(r, a), Confirm: strings.Join(form.taken(), " "),
	}
	if form.isNew {
		data.Path, data.ID = apisPath+"/new", form.typed.Get("id")
	}
	tag, err := apis.Version(form.is)
	if err != nil {
		return data, err
	}
	data.Version = string(tag)
	reach, err := e.APIs.Reach(r.Context(), form.is)
	if err != nil {
		return data, err
	}
	e.choices(r, &data, a, reach)
	data.Scopes, data.Lines = rows(form, reach), form.typed.Get("lines")
	data.Effects = takes(r, form, reach)
	data.Holders = countedApps(r, reach.Holders, reach.More)
	data.APIPreview, err = e.preview(r, form, a)
	return data, err
}

// choices fills the choices of the form.
func (e API) choices(r *http.Request, data *web.ConsoleAPIData, a store.API, reach apis.Reach) {
	hints := map[string]string{
		store.ClientsListed:     pages.Say(r, "Only those in a list"),
		store.ClientsRegistered: pages.Say(r, "Any that an administrator registered: %s", countedApps(r, reach.Registered, reach.More)),
		store.ClientsAny:        pages.Say(r, "Also agents known only by their address, and apps that registered themselves: what an MCP server wants"),
	}
	for _, rule := range []string{store.ClientsListed, store.ClientsRegistered, store.ClientsAny} {
		if !data.Own || rule != store.ClientsListed {
			data.Clients = append(data.Clients, web.Option{Value: rule, Text: pages.Say(r, clientRules[rule]), Hint: hints[rule], Chosen: a.Clients == rule})
		}
	}
	data.Admits = admits(r, a, reach)
	for _, typ := range store.APITokenTypes() {
		data.TokenTypes = append(data.TokenTypes, web.Option{Value: typ, Text: typ, Chosen: a.TokenType == typ})
	}
	for _, algorithm := range store.SigningAlgorithms() {
		data.Algorithms = append(data.Algorithms, web.Option{Value: algorithm, Text: algorithm, Chosen: a.Signing.Alg == algorithm})
	}
	data.SignsFrom = pages.Say(r, "An API that verifies tokens by itself must know the algorithm.")
	if from := a.Signing.From; from.After(e.Now()) {
		data.SignsFrom = pages.Say(r, "%s signs from %s. Until then, %s does.", a.Signing.Alg, exact(r, from), a.Signing.Before)
	}
	for _, claim := range store.APIClaims() {
		data.Carried = append(data.Carried, web.Option{Value: claim, Text: claim, Chosen: slices.Contains(a.Claims, claim)})
	}
}

// rows returns the rows of the form, with room for new scopes; none if it has lines.
func rows(form asked, reach apis.Reach) (all []web.APIScopeRow) {
	if form.typed.Has("lines") {
		return nil
	}
	written := written(form.typed)
	free := 1
	if form.isNew {
		free = max(1, 3-len(written))
	}
	for _, row := range append(written, make([]web.APIScopeRow, free)...) {
		row.At = len(all)
		_, row.There = form.is.Scope(row.Name)
		row.Holders = reach.Holding[row.Name]
		all = append(all, row)
	}
	return all
}

// written returns the rows that were sent and are not empty.
func written(form url.Values) (all []web.APIScopeRow) {
	for i := range rowsOf(form) {
		at := strconv.Itoa(i)
		row := web.APIScopeRow{Name: form.Get("name_" + at), Text: form.Get("text_" + at), Sensitive: form.Has("sensitive_" + at), Removed: form.Has("remove_" + at)}
		if row.Name != "" || row.Text != "" {
			all = append(all, row)
		}
	}
	return all
}

// takes says what a form takes away.
func takes(r *http.Request, form asked, reach apis.Reach) (all []string) {
	for _, name := range form.taken() {
		all = append(all, pages.Say(r, "%s: %s can have it no longer. What people allowed of it counts for nothing, and tokens that are out keep it until they end.", name, countedApps(r, reach.Holding[name], reach.More)))
	}
	return all
}

// admits says what other choices of who may ask would do.
func admits(r *http.Request, a store.API, reach apis.Reach) []string {
	strangers := countedApps(r, reach.Strangers, reach.More)
	none := reach.Strangers == 0 && !reach.More
	switch {
	case a.Clients == store.ClientsListed:
		return []string{pages.Say(r, "If you choose Registered apps, %s may ask.", countedApps(r, reach.Registered, reach.More))}
	case a.Clients == store.ClientsRegistered && none:
		return []string{pages.Say(r, "If you choose Anyone, agents and apps that no administrator registered get to the consent page. None is known yet.")}
	case a.Clients == store.ClientsRegistered:
		return []string{pages.Say(r, "If you choose Anyone, these get to the consent page although no administrator registered them: %s, and every new one.", strangers)}
	case none:
		return nil
	}
	return []string{pages.Say(r, "Apps that no administrator registered and that may ask now: %s. If you choose another, they get no new tokens, and their tokens end within an hour.", strangers)}
}

// countedApps counts apps in words.
func countedApps(r *http.Request, n int, more bool) string {
	if more {
		return pages.Count(r, "more than one app", "more than %d apps", n)
	}
	return pages.Count(r, "one app", "%d apps", n)
}

// live says what a change does to tokens that are out.
func live(r *http.Request, a store.API) string {
	life := a.AccessTokenLifetime
	if life == 0 {
		life = apis.MaxAccessTokenLifetime
	}
	return pages.Say(r, "New tokens follow within a second; those that are out keep what they say until they end, %s at most.", pages.InWords(r, int(life.Seconds())))
}

// preview returns what others see of the API: with the example of whoever looks.
func (e API) preview(r *http.Request, form asked, a store.API) (p web.APIPreview, err error) {
	section := apis.Section{Name: a.Name}
	for _, s := range a.Scopes {
		section.Scopes = append(section.Scopes, apis.ScopeText{Token: s.Name, Name: s.Name, Text: s.Description, Sensitive: s.Sensitive})
	}
	for _, s := range apis.InOrder(section).Scopes {
		p.Reads = append(p.Reads, web.Scope{Text: s.Text, API: a.Name, Sensitive: s.Sensitive})
	}
	scope := ""
	if len(a.Scopes) > 0 {
		scope = a.Scopes[0].Name
	}
	typ, claims, err := e.Previews.Preview(a, form.me.User, "example-app", authz.Scope(scope))
	if err != nil {
		return p, err
	}
	p.Header, p.Claims = indented(map[string]string{"typ": typ}), indented(claims)
	if document, address, err := e.APIs.Metadata(a); err == nil {
		p.Document, p.Address = indented(document), address
	}
	p.Environment = "ISSUER=" + e.Issuer + "\nAUDIENCE=" + a.Identifier
	if !form.isNew {
		p.Languages, p.Snippets = code(r, a)
	}
	return p, nil
}

// code returns the links to the languages of the snippets, and those of the language that the
// address asks for.
func code(r *http.Request, a store.API) (languages []web.Filter, snippets []web.Snippet) {
	asked := r.URL.Query().Get("code")
	for _, l := range []struct{ name, text string }{{"go", "Go"}, {"node", "Node"}, {"python", "Python"}} {
		languages = append(languages, web.Filter{Text: l.text, Address: pages.APIPath(a.ID) + "?code=" + l.name + "#code", Chosen: asked == l.name})
	}
	return languages, web.Snippets(asked, a.TokenType)
}

// indented returns a thing as JSON for people.
func indented(thing any) string {
	text, err := json.MarshalIndent(thing, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}
