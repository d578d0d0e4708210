package pages

import (
	"net/http"
	"strings"

	"gatehouse/handlers"
	"gatehouse/web"
)

// SetupPath is where the one-time link for the first administrator leads.
const SetupPath = "/setup"

// Endpoints are the pages outside the sign-in.
type Endpoints struct {
	Home  Home
	Setup Setup
	// HTTPS is set where the issuer is https.
	HTTPS bool
}

// Table returns the table of these pages and of the assets.
func (e Endpoints) Table() handlers.Table {
	style, serveStyle := web.Stylesheet()
	script, serveScript := web.FormPostScript()
	return Table(e.HTTPS,
		handlers.Route{Method: http.MethodGet, Path: "/", Serve: e.Home.Show},
		handlers.Route{Method: http.MethodGet, Path: SetupPath, Serve: e.Setup.Show},
		handlers.Route{Method: http.MethodPost, Path: SetupPath, Serve: e.Setup.Create},
		handlers.Route{Method: http.MethodGet, Path: style, Serve: handlers.Plain(serveStyle)},
		handlers.Route{Method: http.MethodGet, Path: script, Serve: handlers.Plain(serveScript)},
	)
}

// Table returns a table of pages. A route that is not a GET changes something, so only
// our own pages may call it.
func Table(https bool, routes ...handlers.Route) handlers.Table {
	own := SameOrigin(https)
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
	return handlers.Table{Audience: handlers.Audience{Name: "front channel", Refuse: Refuse, NotAllowed: notAllowed}, Routes: routes}
}

var (
	errMethod = &Problem{
		Status: http.StatusMethodNotAllowed, Reason: "method not allowed",
		Heading: "This does not work here", Text: "This page cannot be used in that way.",
	}
	errCrossOrigin = &Problem{
		Status: http.StatusForbidden, Reason: "a form from another origin",
		Heading: "This form came from another site", Text: "Open the page here and send the form again.",
	}
)

func notAllowed(*http.Request, handlers.Route) error { return errMethod }

// SameOrigin lets only our own pages, and programs, call an endpoint that changes
// something: a browser says where a form comes from, and a program is not a browser.
// With https, a page of the same host that was loaded over plain http is not ours: an
// attacker on the network may have written it.
func SameOrigin(https bool) func(handlers.Endpoint) handlers.Endpoint {
	protection := http.NewCrossOriginProtection()
	return func(next handlers.Endpoint) handlers.Endpoint {
		return func(w http.ResponseWriter, r *http.Request) error {
			if err := protection.Check(r); err != nil || https && inClear(r) {
				return errCrossOrigin
			}
			return next(w, r)
		}
	}
}

// inClear reports whether the origin is a plain http page. The standard library compares
// only hosts.
func inClear(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Origin")), "http://")
}
