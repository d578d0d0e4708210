// Package api is what the endpoints for front ends and for operators share: the
// guard before them, how they read a body, how they answer and how they refuse.
// Both speak JSON in the manner of Django REST framework (docs: section 2 of the
// HTTP contract). What an endpoint does is its audience's package to say.
package api

import (
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
)

// A Route is one line of an audience's table.
type Route struct {
	// Method is served at the pattern with and without a slash at its end; GET
	// serves HEAD as well.
	Method string
	// Pattern is a path whose {names} Request.PathValue knows.
	Pattern string
	// Needs is what Serve, which guards itself, asks of the caller.
	Needs authz.Permission
	Serve handlers.Endpoint
}

// A Resource is a path and what can be done there.
type Resource struct {
	Pattern string
	// Name is the title that OPTIONS tells.
	Name string
	// Methods are in the order in which OPTIONS and Allow list them. The first
	// one's permission is asked of who calls a method that is not there.
	Methods []Method
}

// A Method is one thing that can be done.
type Method struct {
	Verb  string
	Needs authz.Permission
	Serve handlers.Endpoint
}

// Routes returns the lines for resources, each guarded, with OPTIONS for every path.
func (g Guard) Routes(resources ...Resource) []Route {
	var routes []Route
	for _, res := range resources {
		for _, m := range res.Methods {
			routes = append(routes, Route{m.Verb, res.Pattern, m.Needs, g.Protect(m.Needs, m.Serve)})
		}
		first := res.Methods[0].Needs
		routes = append(routes, Route{http.MethodOptions, res.Pattern, first, g.Protect(first, describe(res.Name))})
	}
	return routes
}

// NotAllowed returns the refusal of a method that the path does not have. Who may
// not use the path at all is told that, and not what could be done there.
func (g Guard) NotAllowed(routes []Route) func(r *http.Request, pattern string, allow []string) error {
	needs := map[string]authz.Permission{}
	for _, rt := range routes {
		if _, seen := needs[rt.Pattern]; !seen {
			needs[rt.Pattern] = rt.Needs
		}
	}
	return func(r *http.Request, pattern string, _ []string) error {
		if _, err := g.admit(r, needs[pattern]); err != nil {
			return err
		}
		return &MethodNotAllowed{Method: r.Method}
	}
}

// describe answers OPTIONS as Django REST framework does, with what there is here.
func describe(name string) handlers.Endpoint {
	answer := struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Renders     []string `json:"renders"`
		Parses      []string `json:"parses"`
	}{name, "", []string{"application/json"}, []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}}
	return func(w http.ResponseWriter, _ *http.Request) error {
		return JSON(w, http.StatusOK, answer)
	}
}
