package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/grant"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/web"
)

// App is the page of one app.
type App struct {
	Site
	Apps    registry
	Records appRecords
	Scopes  explainer
}

// A registry registers apps and changes them.
type registry interface {
	Get(ctx context.Context, id string) (store.Client, error)
	Create(ctx context.Context, actor authz.Actor, in client.Input) (store.Client, string, error)
	Update(ctx context.Context, actor authz.Actor, id string, in client.Input, replaceAll bool) (store.Client, string, error)
	RotateSecret(ctx context.Context, actor authz.Actor, id string, overlap time.Duration, shown version.Tag) (store.Client, string, error)
	Delete(ctx context.Context, actor authz.Actor, id string, shown version.Tag) error
	Adopt(ctx context.Context, actor authz.Actor, id string, shown version.Tag) (store.Client, error)
	Offered(ctx context.Context, c store.Client) ([]string, error)
}

// appRecords are what is known of an app besides its registration.
type appRecords interface {
	CountSessionsUpTo(ctx context.Context, clientID string, most int, now time.Time) (int64, error)
	ClientDocument(ctx context.Context, clientID string) (store.ClientDocument, error)
	Uses(ctx context.Context, clientID string, since time.Time) ([]store.Use, error)
}

// An explainer says what scopes let an app do.
type explainer interface {
	Explain(ctx context.Context, scope authz.Scope) ([]apis.Section, error)
}

// appOf returns the app that the path names.
func appOf(r *http.Request, apps registry) (store.Client, error) {
	c, err := apps.Get(r.Context(), client.OfPath(r.PathValue("id")))
	if errors.Is(err, store.ErrNotFound) {
		return c, handlers.ErrNotFound
	}
	return c, err
}

// appPath returns the path of an app's page, or of the page of that name below it.
func appPath(id string, below ...string) string {
	path := appsPath + "/" + client.PathOf(id)
	for _, name := range below {
		path += "/" + name
	}
	return path
}

// headOf returns what the pages of an app begin with.
func (s Site) headOf(r *http.Request, c store.Client) web.AppHead {
	return web.AppHead{
		Name: c.Name, ID: c.ID, Kind: kindOf(c), Path: appPath(c.ID), Off: c.Disabled, FirstParty: c.FirstParty,
		Used: s.when(r, c.LastUsedAt), Created: s.when(r, c.CreatedAt),
	}
}

// Show shows the page.
func (e App) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	c, err := appOf(r, e.Apps)
	if err != nil {
		return err
	}
	return e.show(w, r, me, c, http.StatusOK, "")
}

func (e App) show(w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, status int, problem string) error {
	tag, err := client.Version(c)
	if err != nil {
		return err
	}
	data := web.ConsoleAppData{
		Version: string(tag),
		App:     e.headOf(r, c), Returns: c.RedirectURIs, Bye: c.PostLogoutRedirectURIs,
		Facts: e.facts(r, c), Lives: e.lives(r, c), HasSecret: len(c.Secrets) > 0, Secrets: e.secrets(r, c),
		PasswordOnly: slices.Contains(c.GrantTypes, grant.Password) && !slices.Contains(c.GrantTypes, grant.AuthorizationCode),
	}
	if data.Sessions, err = e.living(r, e.Records, c.ID); err != nil {
		return err
	}
	if data.Agent, err = e.agent(r, c); err != nil {
		return err
	}
	used, err := e.uses(r, c.ID)
	if err != nil {
		return err
	}
	data.Grants = grantsOf(r, c, used)
	if data.Scopes, err = e.scopes(r, c, used); err != nil {
		return err
	}
	data.Snippets = snippetsOf(e.Issuer, c)
	data.Addresses = addresses(r, e.Issuer)
	data.Frame = e.frame(w, r, me, "apps")
	data.Problem = problem
	return pages.Show(w, r, web.ConsoleApp, status, data)
}

// agent returns what is known of an app that nobody registered here.
func (e App) agent(r *http.Request, c store.Client) (*web.AppAgent, error) {
	if c.Origin == store.OriginRegistered {
		return nil, nil
	}
	agent := &web.AppAgent{Document: c.Origin == store.OriginDocument}
	if !agent.Document {
		return agent, nil
	}
	if u, err := url.Parse(c.ID); err == nil {
		agent.Host = u.Host
	}
	d, err := e.Records.ClientDocument(r.Context(), c.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	agent.Fetched, agent.Allowed = e.when(r, d.FetchedAt), e.when(r, d.AllowedAt)
	return agent, nil
}

// scopes returns what the app may ask for, by API.
func (e App) scopes(r *http.Request, c store.Client, used uses) (all []web.AppScopes, err error) {
	sections, err := e.Scopes.Explain(r.Context(), authz.Scope(c.Scope))
	for _, section := range sections {
		shown := web.AppScopes{API: section.Name}
		for _, s := range section.Scopes {
			shown.Scopes = append(shown.Scopes, web.AppScope{Token: s.Name, Kept: s.Token, Text: s.Text, Sensitive: s.Sensitive, Used: used.inWords(r, store.Scopes, s.Token), Unused: used.of(store.Scopes, s.Token) == 0})
		}
		all = append(all, shown)
	}
	return all, err
}

// grantsOf returns the grants that the app may use.
func grantsOf(r *http.Request, c store.Client, used uses) (all []web.AppFact) {
	for _, name := range c.GrantTypes {
		all = append(all, web.AppFact{Name: name, Value: used.inWords(r, store.Tokens, name), Unused: used.of(store.Tokens, name) == 0})
	}
	return all
}

// usesWithin is how far back the page counts.
const usesWithin = 30 * day

// uses are how often an app used something.
type uses map[store.HourlyKey]int64

func (e App) uses(r *http.Request, id string) (uses, error) {
	counted, err := e.Records.Uses(r.Context(), id, e.Now().Add(-usesWithin))
	all := uses{}
	for _, u := range counted {
		all[store.HourlyKey{Kind: u.Kind, Detail: u.Detail}] = u.N
	}
	return all, err
}

func (u uses) of(kind store.Happening, detail string) int64 {
	return u[store.HourlyKey{Kind: kind, Detail: detail}]
}

func (u uses) inWords(r *http.Request, kind store.Happening, detail string) string {
	n := u.of(kind, detail)
	if n == 0 {
		return pages.Say(r, "not used")
	}
	return pages.Count(r, "used once", "used %d times", int(n))
}
