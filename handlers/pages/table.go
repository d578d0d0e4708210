package pages

import (
	"net/http"
	"slices"

	"gatehouse/handlers"
	"gatehouse/web"
)

// SetupPath is where the one-time link for the first administrator leads.
const SetupPath = "/setup"

// Endpoints are the pages outside the sign-in.
type Endpoints struct {
	Home      Home
	Setup     Setup
	WellKnown WellKnown
	// Associations name our websites and apps elsewhere.
	Associations Associations
	// Refusals tell why requests were refused.
	Refusals Refusals
	// Issuer is where our own forms come from.
	Issuer string
	// Brand has files of its own; nil: none.
	Brand *web.Brand
}

// Table returns the table of these pages and of the assets.
func (e Endpoints) Table() handlers.Table {
	style, serveStyle := web.Stylesheet()
	script, serveScript := web.Script()
	formPost, serveFormPost := web.FormPostScript()
	passkeys, servePasskeys := web.PasskeyScript()
	refresh, serveRefresh := web.RefreshScript()
	return Table(e.Issuer, append(slices.Concat(e.WellKnown.routes(), e.Associations.routes(), e.brand(), components(e.Issuer)),
		handlers.Route{Method: http.MethodGet, Path: "/", Serve: e.Home.Show},
		e.Refusals.route(),
		handlers.Route{Method: http.MethodGet, Path: SetupPath, Serve: e.Setup.Show},
		handlers.Route{Method: http.MethodPost, Path: SetupPath, Serve: e.Setup.Create},
		handlers.Route{Method: http.MethodGet, Path: style, Serve: handlers.Plain(serveStyle)},
		handlers.Route{Method: http.MethodGet, Path: script, Serve: handlers.Plain(serveScript)},
		handlers.Route{Method: http.MethodGet, Path: formPost, Serve: handlers.Plain(serveFormPost)},
		handlers.Route{Method: http.MethodGet, Path: passkeys, Serve: handlers.Plain(servePasskeys)},
		handlers.Route{Method: http.MethodGet, Path: refresh, Serve: handlers.Plain(serveRefresh)},
	)...)
}

// brand returns the routes of the brand's files.
func (e Endpoints) brand() (routes []handlers.Route) {
	if e.Brand == nil {
		return nil
	}
	e.Brand.Serve(func(path string, serve http.HandlerFunc) {
		routes = append(routes, handlers.Route{Method: http.MethodGet, Path: path, Serve: handlers.Plain(serve)})
	})
	return routes
}

// Table returns a table of pages. A route that is not a GET changes something, so only
// our own pages may call it.
func Table(issuer string, routes ...handlers.Route) handlers.Table {
	own := SameOrigin(issuer)
	for i, rt := range routes {
		if rt.Method != http.MethodGet {
			routes[i].Serve = own(rt.Serve)
		}
	}
	return handlers.Table{Audience: handlers.Audience{Name: "people", Refuse: Refuse, NotAllowed: notAllowed}, Routes: routes}
}

// FrontChannel returns a table of endpoints that apps send browsers to, also by forms on
// their own sites. Such a form changes nothing; the browser is redirected to a GET, which
// carries the cookies (SameSite=Lax).
func FrontChannel(routes ...handlers.Route) handlers.Table {
	return handlers.Table{Audience: handlers.Audience{Name: "front channel", Popups: true, Refuse: Refuse, NotAllowed: notAllowed}, Routes: routes}
}

var errMethod = &Problem{
	Status: http.StatusMethodNotAllowed, Reason: "method not allowed",
	Heading: "This does not work here", Text: "This page cannot be used in that way.",
}

func notAllowed(*http.Request, handlers.Route) error { return errMethod }
