package account

import (
	"context"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// The paths of the pages. The templates repeat them, and a test compares the two.
const (
	overviewPath = "/account"
	profilePath  = "/account/profile"
	usernamePath = "/account/username"
	emailPath    = "/account/email"
	sessionsPath = "/account/sessions"
	appsPath     = "/account/apps"
	activityPath = "/account/activity"
	dataPath     = "/account/data"
	deletePath   = "/account/delete"
	deletedPath  = "/account/deleted"
	totpPath     = "/account/totp"
	recoveryPath = "/account/recovery-codes"
)

// Endpoints are the pages on which people manage their own account.
type Endpoints struct {
	Site
	People interface {
		mover
		DeleteOwn(ctx context.Context, actor authz.Actor, me store.User, password fields.Text) error
		Consents(ctx context.Context, userID int64) ([]account.Granted, error)
		Withdraw(ctx context.Context, actor authz.Actor, person store.User, clientID string) error
		WithdrawScope(ctx context.Context, actor authz.Actor, person store.User, clientID string, taken authz.Scope) (store.Consent, error)
	}
	Browsers interface {
		List(ctx context.Context, u store.User) ([]store.BrowserSession, error)
		EndOne(ctx context.Context, u store.User, id string) (bool, error)
	}
	Sessions interface {
		List(ctx context.Context, userID int64) ([]store.Session, error)
		End(ctx context.Context, actor, sid string, userID int64, reason store.EndReason) (bool, error)
		EndAll(ctx context.Context, actor string, userID int64, except string, reason store.EndReason) (store.EndResult, error)
	}
	Consents interface {
		ListConsents(ctx context.Context, userID int64) ([]store.Consent, error)
	}
	Scopes   explainer
	Evidence evidence
	Cursors  cursor.Sealer
	// Has reports whether another table has a page for people.
	Has     func(path string) bool
	Factors factors
	// Issuer is where our own forms come from.
	Issuer string
}

// Table returns the table of the pages.
func (e Endpoints) Table() handlers.Table {
	overview := Overview{Site: e.Site, Browsers: e.Browsers, Sessions: e.Sessions, Consents: e.Consents, Scopes: e.Scopes, Evidence: e.Evidence, Has: e.Has}
	profile, username, email, password := Profile{e.Site, e.People}, Username{e.Site, e.People}, Email{e.Site, e.People}, Password{e.Site, e.People}
	sessions := Sessions{Site: e.Site, Browsers: e.Browsers, Sessions: e.Sessions}
	apps := Apps{Site: e.Site, Consents: e.People, Scopes: e.Scopes}
	activity := Activity{Site: e.Site, Evidence: e.Evidence, Cursors: e.Cursors}
	data := Data{Site: e.Site, Browsers: e.Browsers, Sessions: e.Sessions, Consents: e.People, Evidence: e.Evidence, Factors: e.Factors}
	deletion := Delete{Site: e.Site, People: e.People, Browsers: e.Browsers, Sessions: e.Sessions, Consents: e.Consents}
	return pages.Table(e.Issuer,
		e.shown(overviewPath, overview.Show),
		e.shown(profilePath, profile.Show), e.sent(profilePath, profile.Change),
		e.shown(usernamePath, username.Show), e.sent(usernamePath, username.Change),
		e.shown(emailPath, email.Show), e.sent(emailPath, email.Change),
		e.shown(pages.PasswordPath, password.Show), e.sent(pages.PasswordPath, password.Change),
		e.shown(sessionsPath, sessions.Show), e.sent(sessionsPath, sessions.End),
		e.shown(appsPath, apps.Show), e.sent(appsPath, apps.Take),
		e.shown(activityPath, activity.Show),
		e.shown(dataPath, data.Show), e.sent(dataPath, data.Download),
		e.shown(deletePath, deletion.Show), e.sent(deletePath, deletion.Delete),
		handlers.Route{Method: http.MethodGet, Path: deletedPath, Serve: deletion.Deleted},
	)
}

// A page answers a person who is signed in.
type page = func(http.ResponseWriter, *http.Request, pages.Visit) error

// shown is the route that shows a page, and sent the one that takes its form.
func (e Endpoints) shown(path string, serve page) handlers.Route {
	return handlers.Route{Method: http.MethodGet, Path: path, Serve: e.Visitors.Inside(serve)}
}

func (e Endpoints) sent(path string, serve page) handlers.Route {
	return handlers.Route{Method: http.MethodPost, Path: path, Serve: e.Visitors.Inside(serve)}
}
