package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"gatehouse/handlers"
	"gatehouse/internal/reqctx"
)

// maxBodyBytes bounds what any request may send.
const maxBodyBytes = 64 << 10

// A Route is one line of the table.
type Route struct {
	Method string
	// Path is a template of gorilla/mux, without a slash at its end.
	Path string
	// Audience settles how the route refuses.
	Audience *Audience
	Serve    handlers.Endpoint
}

// An Audience is a kind of caller: apps, front ends, operators, people.
type Audience struct {
	Name string
	// Slash lets every path of the audience answer with a slash at its end as well.
	Slash bool
	// FromMemory lets the audience in however busy the server is: what it asks for
	// costs next to nothing.
	FromMemory bool
	// Refuse writes err as this audience reads refusals.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
	// NotAllowed returns the refusal of a method that the path does not have;
	// allow has those that it has. path is the template, so that a guarded path
	// can tell a stranger no more than any other path would.
	NotAllowed func(r *http.Request, path string, allow []string) error
}

// router builds the router of the table. Unknown paths go to notFound.
//
// gorilla/mux asks its routes one after the other, each by a regular expression:
// 2 to 4 µs for a path in the middle of the table. So it has only the paths with
// variables, and those without are looked up first, in 50 ns.
func router(table []Route, notFound http.Handler, g *gate) http.Handler {
	fixed := map[string]http.Handler{}
	variable := mux.NewRouter().SkipClean(true)
	variable.NotFoundHandler = notFound
	for _, group := range byPath(table) {
		p := newPath(group, g)
		switch {
		case strings.Contains(p.template, "{") && p.audience.Slash:
			variable.Path(p.template + "{slash:/?}").Handler(p)
		case strings.Contains(p.template, "{"):
			variable.Path(p.template).Handler(p)
		default:
			fixed[p.template] = p
			if p.audience.Slash {
				fixed[p.template+"/"] = p
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := fixed[r.URL.Path]; {
		case hidesASlash(r.URL.RawPath):
			notFound.ServeHTTP(w, r)
		case p != nil:
			p.ServeHTTP(w, r)
		default:
			variable.ServeHTTP(w, r)
		}
	})
}

// hidesASlash reports whether an encoded slash or backslash is in the path. A proxy
// in front may judge the path by its parts, and must see those that we see.
// rawPath is empty unless something in it is encoded that need not be.
func hidesASlash(rawPath string) bool {
	if rawPath == "" {
		return false
	}
	lower := strings.ToLower(rawPath)
	return strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c")
}

// byPath gathers the lines of each path, in the order of the table.
func byPath(table []Route) [][]Route {
	var groups [][]Route
	index := map[string]int{}
	for _, rt := range table {
		i, seen := index[rt.Path]
		if !seen {
			i = len(groups)
			index[rt.Path] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], rt)
	}
	return groups
}

// path answers for one path template.
type path struct {
	template string
	audience *Audience
	methods  map[string]handlers.Endpoint
	allow    []string
	gate     *gate
}

func newPath(group []Route, g *gate) *path {
	p := &path{template: group[0].Path, audience: group[0].Audience, methods: map[string]handlers.Endpoint{}, gate: g}
	if p.audience.FromMemory {
		p.gate = nil
	}
	for _, rt := range group {
		p.methods[rt.Method] = rt.Serve
		p.allow = append(p.allow, rt.Method)
		if rt.Method == http.MethodGet {
			p.methods[http.MethodHead] = rt.Serve // net/http drops the body
			p.allow = append(p.allow, http.MethodHead)
		}
	}
	slices.Sort(p.allow)
	return p
}

func (p *path) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reqctx.From(r.Context()).Route = p.template
	for name, value := range mux.Vars(r) {
		r.SetPathValue(name, value) // the handlers know no router
	}
	if r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
	}
	leave, err := p.gate.enter(r)
	if err != nil {
		p.audience.Refuse(w, r, err)
		return
	}
	defer leave()
	w = answer{w, leave}
	if err := p.serve(w, r); err != nil {
		p.audience.Refuse(w, r, err)
	}
}

// serve is for those who have a place: to find out who may be told of a method that is
// not there is work as well.
func (p *path) serve(w http.ResponseWriter, r *http.Request) error {
	if serve, ok := p.methods[r.Method]; ok {
		return serve(w, r)
	}
	w.Header().Set("Allow", strings.Join(p.allow, ", "))
	return p.audience.NotAllowed(r, p.template, p.allow)
}
