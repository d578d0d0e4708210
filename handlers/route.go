package handlers

import (
	"errors"
	"net/http"

	"gatehouse/internal/authz"
)

// A Route is one line of the table of an audience.
type Route struct {
	// Method is what the route answers; GET answers HEAD as well.
	Method string
	// Path is a template of gorilla/mux without a slash at its end.
	// Request.PathValue knows its {names}.
	Path string
	// Needs is what Serve, which guards itself, asks of the caller.
	Needs authz.Permission
	// Discovery is the member of the metadata in which apps find the path
	// (RFC 8414 §2); empty for a path that is not advertised.
	Discovery string
	// Quiet keeps the route out of the log at its usual level: programs ask for it
	// all the time, and nobody reads about it.
	Quiet bool
	Serve Endpoint
}

// Refuse writes err as an audience reads refusals.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// An Audience is a kind of caller: apps, front ends, operators, people.
type Audience struct {
	Name string
	// Slash lets every path of the audience answer with a slash at its end as well.
	Slash bool
	// FromMemory lets the audience in however busy the server is: what it asks for
	// costs next to nothing.
	FromMemory bool
	Refuse     Refuse
	// NotAllowed returns the refusal of a method that the path does not have. It is
	// given the first route of the path, so that a guarded path can tell a stranger
	// no more than any other path would. The header Allow is set already.
	NotAllowed func(r *http.Request, first Route) error
}

// A Table is what one audience is served.
type Table struct {
	Audience
	Routes []Route
}

// Routes are those of all tables.
func Routes(tables []Table) []Route {
	var all []Route
	for _, table := range tables {
		all = append(all, table.Routes...)
	}
	return all
}

// Advertised are the paths that apps are told of, by the members of the metadata.
func Advertised(tables []Table) map[string]string {
	paths := map[string]string{}
	for _, rt := range Routes(tables) {
		if rt.Discovery != "" {
			paths[rt.Discovery] = rt.Path
		}
	}
	return paths
}

// Plain makes an endpoint of a handler that refuses nothing.
func Plain(h http.Handler) Endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// ErrNotFound says that there is nothing at this path.
var ErrNotFound = errors.New("nothing at this path")
