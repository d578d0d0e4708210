package account

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/store"
	"gatehouse/web"
)

// Apps is the page with what a person has allowed to apps and agents.
type Apps struct {
	Site
	Consents interface {
		Consents(ctx context.Context, userID int64) ([]account.Granted, error)
		Withdraw(ctx context.Context, actor authz.Actor, person store.User, clientID string) error
		WithdrawScope(ctx context.Context, actor authz.Actor, person store.User, clientID string, taken authz.Scope) (store.Consent, error)
	}
	Scopes explainer
}

// An explainer says what scopes let an app do.
type explainer interface {
	Explain(ctx context.Context, scope authz.Scope) ([]apis.Section, error)
}

// Show lists the apps, those that may do something sensitive first.
func (e Apps) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	granted, err := e.Consents.Consents(r.Context(), me.User.ID)
	if err != nil {
		return err
	}
	data := web.AccountAppsData{Frame: e.frame(w, r, me)}
	var plain []web.AccountApp
	for _, g := range granted {
		app, err := e.app(r, g)
		if err != nil {
			return err
		}
		if len(app.Scopes) > 0 && app.Scopes[0].Sensitive {
			data.Apps = append(data.Apps, app)
		} else {
			plain = append(plain, app)
		}
	}
	data.Apps = append(data.Apps, plain...)
	return pages.Show(w, r, web.AccountApps, http.StatusOK, data)
}

func (e Apps) app(r *http.Request, g account.Granted) (web.AccountApp, error) {
	app := web.AccountApp{
		ID: g.Client.ID, Name: pages.NameOf(g.Client), Agent: g.Client.Origin == store.OriginDocument,
		First: e.when(r, g.Consent.FirstGrantedAt), Used: e.when(r, g.LastUsedAt),
	}
	if app.Agent {
		app.Claim = g.Client.Name
	}
	sections, err := e.Scopes.Explain(r.Context(), authz.Consented(g.Consent))
	for _, section := range sections {
		for _, s := range section.Scopes {
			app.Scopes = append(app.Scopes, web.AccountScope{Token: s.Token, Text: s.Text, API: section.Name, Sensitive: s.Sensitive})
		}
	}
	return app, err
}

// Take takes away what the form names: one scope of an app, or all of it.
func (e Apps) Take(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	id, scope := me.Form.Get("app"), authz.Scope(me.Form.Get("scope"))
	name, err := e.nameOf(r.Context(), id)
	if err != nil {
		return err
	}
	message := pages.Say(r, "%s may do nothing for you any more.", name)
	if scope == "" {
		err = e.Consents.Withdraw(r.Context(), me.Actor(), me.User, id)
	} else {
		var left store.Consent
		left, err = e.Consents.WithdrawScope(r.Context(), me.Actor(), me.User, id, scope)
		if left.Scope != "" {
			message = pages.Say(r, "Taken away from %s. It is gone here at once, and elsewhere within minutes.", name)
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		message, err = pages.Say(r, "That had been taken away already."), nil
	}
	if err != nil {
		return err
	}
	return e.done(w, me, appsPath, message)
}
