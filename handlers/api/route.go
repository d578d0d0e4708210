// Package api holds what the endpoints for front ends and for operators share: the
// guard before them, how they read a body, how they answer and how they refuse.
// Both speak JSON in the manner of Django REST framework (docs: section 2 of the
// HTTP contract). The endpoints themselves are in the packages of their audiences.
package api

import (
	"net/http"
	"slices"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
)

// A Resource is a path and its methods.
type Resource struct {
	Path string
	// Name is the title in the answer to OPTIONS.
	Name string
	// Methods must not be empty. OPTIONS, and a call of a method that is not listed,
	// require the permission of the first one.
	Methods []Method
}

// A Method is one method of a Resource.
type Method struct {
	Verb  string
	Needs authz.Permission
	Serve handlers.Endpoint
}

// Table returns the table of an audience that speaks like Django REST framework. Every
// route is guarded; every path has OPTIONS, and answers with and without a slash at its
// end.
func (g Guard) Table(name string, resources ...Resource) handlers.Table {
	table := handlers.Table{Audience: handlers.Audience{Name: name, Slash: true, Refuse: Refuse, NotAllowed: g.notAllowed}}
	for _, res := range resources {
		first := res.Methods[0].Needs
		for _, m := range append(slices.Clone(res.Methods), Method{http.MethodOptions, first, describe(res.Name)}) {
			table.Routes = append(table.Routes, handlers.Route{
				Method: m.Verb, Path: res.Path, Needs: m.Needs, Serve: g.Protect(m.Needs, m.Serve),
			})
		}
	}
	return table
}

// notAllowed refuses a method that the path does not have. A caller who may not use
// the path at all gets that refusal instead, which reveals nothing of its methods.
func (g Guard) notAllowed(r *http.Request, first handlers.Route) error {
	if _, err := g.admit(r, first.Needs); err != nil {
		return g.challenge(first.Needs, err)
	}
	return notAllowed(r, first)
}

// Documents returns the table of documents that anybody may read, however busy the
// server is.
func Documents(routes ...handlers.Route) handlers.Table {
	return handlers.Table{
		Audience: handlers.Audience{Name: "documents", FromMemory: true, Refuse: Refuse, NotAllowed: notAllowed},
		Routes:   routes,
	}
}

func notAllowed(r *http.Request, _ handlers.Route) error { return &MethodNotAllowed{Method: r.Method} }

// describe answers OPTIONS in the manner of Django REST framework.
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
