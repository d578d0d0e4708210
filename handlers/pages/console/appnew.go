package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
	"gatehouse/web"
)

// AppNew registers an app: its kind settles all but its name, where people return to, and
// what it may ask for.
type AppNew struct {
	Site
	Apps registry
}

// Show shows the form.
func (e AppNew) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	kind, known := client.KindNamed(r.URL.Query().Get("kind"))
	if !known {
		kind = client.Kinds()[0]
	}
	values := url.Values{"kind": {kind.Name}}
	for i, token := range authz.Scope(kind.Scope).Tokens() {
		values.Set("scope."+token, strconv.Itoa(i))
	}
	return e.show(w, r, me, http.StatusOK, form{r: r, values: values}, "")
}

// Create registers the app and shows its secret.
func (e AppNew) Create(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	f := form{r: r, values: me.Form}
	kind, known := client.KindNamed(me.Form.Get("kind"))
	if f.helped() || !known {
		return e.show(w, r, me, http.StatusOK, f, "")
	}
	in := typed(kind, me.Form)
	kind.Fill(&in)
	made, secret, err := e.Apps.Create(r.Context(), me.Actor(), in)
	switch {
	case err == nil && secret != "":
		return e.showSecret(w, r, me, made, secret, pages.Say(r, "%s is registered", made.Name), pages.Say(r, "Keep it now where the app finds it. If it is lost, make another: the old one goes on for as long as you choose."))
	case err == nil:
		return e.done(w, me, appPath(made.ID), pages.Say(r, "%s is registered. It needs no secret.", made.Name))
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	f.faults = faults
	return e.show(w, r, me, status, f, problem)
}

// typed returns what was typed for an app of a kind, without what follows from it.
func typed(kind client.Kind, values url.Values) client.Input {
	in := inputOf(values, []string{"name", "scope"})
	if values.Get("first_party") != "" {
		in.FirstParty = fields.On(true)
	}
	if kind.Redirects() {
		in.RedirectURIs = fields.Listed(listed(values, "redirect_uris")...)
	} else {
		in.Scope = fields.Given(withoutPeople(in.Scope.Value))
	}
	if sameScope(in.Scope.Value, kind.Scope) {
		in.Scope = fields.Text{}
	}
	return in
}

// withoutPeople returns a scope without what concerns people.
func withoutPeople(scope string) string {
	people := authz.Scope(authz.OpenIDScopes)
	return strings.Join(slices.DeleteFunc(authz.Scope(scope).Tokens(), people.Has), " ")
}

func sameScope(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values(authz.Scope(a).Tokens())), slices.Sorted(slices.Values(authz.Scope(b).Tokens())))
}

func (e AppNew) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, f form, problem string) (err error) {
	if f.scopes, err = e.Apps.Offered(r.Context(), store.Client{}); err != nil {
		return err
	}
	data := web.ConsoleAppNewData{Kinds: kinds(r, f.values), Ours: f.values.Get("first_party") != "", Name: f.field("name"), Returns: f.field("redirect_uris"), Scopes: f.field("scope")}
	data.Name.Hint = pages.Say(r, "People read it when they sign in and when they allow access.")
	data.Returns.Hint = pages.Say(r, "Compared byte for byte. http://localhost is fine while you develop.")
	data.Scopes.Hint = ""
	data.Frame = e.frame(w, r, me, "apps")
	data.Problem = cmp.Or(problem, f.besidesFields("name", "redirect_uris", "scope"))
	return pages.Show(w, r, web.ConsoleAppNew, status, data)
}

// kinds returns the kinds to choose from, each with what it will be.
func kinds(r *http.Request, values url.Values) (all []web.AppKind) {
	for _, k := range client.Kinds() {
		shown := appKinds[k.Name]
		shown.Name, shown.Chosen, shown.Will = k.Name, k.Name == values.Get("kind"), will(r, k)
		shown.Command = inLines(client.Command(k.Name, typed(k, values)))
		all = append(all, shown)
	}
	return all
}

// inLines breaks a command into lines, of which the first has the kind.
func inLines(words []string) string {
	const first = 5
	line := strings.Join(words[:first], " ")
	return strings.Join(append([]string{line}, words[first:]...), " \\\n  ")
}

// appKinds say what kinds are, in sentences of the catalogues.
var appKinds = map[string]web.AppKind{
	client.Web:        {Icon: "server", Title: "Web app with a server", Text: "Renders pages or has a back end that can keep a secret.", Such: "Django, Rails, Spring, Next.js"},
	client.SinglePage: {Icon: "window", Title: "Single-page app", Text: "Runs in the browser alone; no secret, PKCE instead.", Such: "React, Vue, Svelte"},
	client.Native:     {Icon: "phone", Title: "Native app", Text: "On a phone or desktop; returns by a private scheme or to the device itself.", Such: "iOS, Android, CLI"},
	client.Machine:    {Icon: "bolt", Title: "Machine", Text: "No person is there. It signs in as itself, with a secret.", Such: "jobs, services, CI"},
	client.Agent:      {Icon: "robot", Title: "Agent or MCP client", Text: "Acts for a person. Often needs no registration: its address is its name.", Such: "Claude, Codex, own agents"},
}

// will says what an app of a kind will be.
func will(r *http.Request, k client.Kind) (all []string) {
	if k.Redirects() {
		all = append(all, pages.Say(r, "Signs people in by code with PKCE"))
	} else {
		all = append(all, pages.Say(r, "Gets tokens for itself; nobody signs in"))
	}
	if k.AuthMethod == store.NoSecret {
		all = append(all, pages.Say(r, "Has no secret: PKCE protects each sign-in"))
	} else {
		all = append(all, pages.Say(r, "Proves itself by a secret, in the header"))
	}
	if slices.Contains(k.Grants, grant.RefreshToken) {
		all = append(all, pages.Say(r, "Stays signed in by refresh tokens"))
	}
	return all
}
