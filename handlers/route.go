package handlers

import (
	"errors"
	"net/http"

	"gatehouse/internal/authz"
)

// A Route is one line of an audience's table.
type Route struct {
	// Method is the HTTP method of the route; GET includes HEAD.
	Method string
	// Path is a template of gorilla/mux without a slash at its end.
	// Request.PathValue returns the values of its {names}.
	Path string
	// Needs is the permission that Serve requires of the caller; Serve checks it itself.
	Needs authz.Permission
	// Discovery is the member of the metadata in which apps find the path
	// (RFC 8414 §2); empty for a path that is not advertised.
	Discovery string
	// Quiet lowers the log level of the route: programs request it all the time, and
	// its log lines are of no interest.
	Quiet bool
	// AnyOrigin lets the scripts of every web page read the answers, because everything
	// in them is public. The router answers the preflight too (Fetch standard §3.2).
	AnyOrigin bool
	Serve     Endpoint
}

// Refuse writes err in the form in which an audience reads refusals.
type Refuse func(w http.ResponseWriter, r *http.Request, err error)

// An Audience is a kind of caller: apps, front ends, operators, people.
type Audience struct {
	Name string
	// Slash lets every path of the audience also answer with a slash at its end.
	Slash bool
	// FromMemory admits the audience however busy the server is, because its requests
	// cost next to nothing.
	FromMemory bool
	// Popups lets apps open the pages of the audience in a popup and wait there for a
	// message. A Cross-Origin-Opener-Policy on the way, even on a refusal, would part
	// the popup from its opener for good (HTML standard §7.1.3).
	Popups bool
	Refuse Refuse
	// NotAllowed returns the refusal of a method that the path does not have. It gets
	// the first route of the path, so that a guarded path reveals no more to a stranger
	// than its routes do. The Allow header is already set.
	NotAllowed func(r *http.Request, first Route) error
}

// A Table holds the routes of one audience.
type Table struct {
	Audience
	Routes []Route
}

// Routes returns the routes of all tables.
func Routes(tables []Table) []Route {
	var all []Route
	for _, table := range tables {
		all = append(all, table.Routes...)
	}
	return all
}

// Advertised returns the paths that the metadata names, by its members.
func Advertised(tables []Table) map[string]string {
	paths := map[string]string{}
	for _, rt := range Routes(tables) {
		if rt.Discovery != "" {
			paths[rt.Discovery] = rt.Path
		}
	}
	return paths
}

// Plain turns a handler that refuses nothing into an endpoint.
func Plain(h http.Handler) Endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// Refusals of a path.
var (
	// ErrNotFound says that nothing is served at this path.
	ErrNotFound = errors.New("nothing at this path")
	// ErrDisguisedPath says that the path encodes what needs no encoding, so that programs
	// on the way may have read another path.
	ErrDisguisedPath = errors.New("needless percent-encoding in the path")
)
