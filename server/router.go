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

// router returns the router of the tables. Unknown paths go to notFound.
//
// gorilla/mux tries its routes one after the other, each by a regular expression, and
// takes 2 to 4 µs for a path in the middle of the tables. So it has only the paths with
// variables; those without are looked up first, in 50 ns.
func router(tables []handlers.Table, notFound http.Handler, g *gate) http.Handler {
	fixed := map[string]http.Handler{}
	variable := mux.NewRouter().SkipClean(true)
	variable.NotFoundHandler = notFound
	for _, table := range tables {
		for _, group := range byPath(table.Routes) {
			p := newPath(table.Audience, group, g)
			switch template := p.first.Path; {
			case strings.Contains(template, "{") && table.Slash:
				variable.Path(template + "{slash:/?}").Handler(p)
			case strings.Contains(template, "{"):
				variable.Path(template).Handler(p)
			default:
				fixed[template] = p
				if table.Slash {
					fixed[template+"/"] = p
				}
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

// hidesASlash reports whether the path contains an encoded slash or backslash. A proxy
// in front may decide by the segments of the path, and must see the same ones as we do.
// rawPath is empty unless something in the path is encoded that need not be.
func hidesASlash(rawPath string) bool {
	if rawPath == "" {
		return false
	}
	lower := strings.ToLower(rawPath)
	return strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c")
}

// byPath groups the routes by path, in the order of the table.
func byPath(table []handlers.Route) [][]handlers.Route {
	var groups [][]handlers.Route
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

// path serves one path template.
type path struct {
	first    handlers.Route
	audience handlers.Audience
	methods  map[string]handlers.Endpoint
	allow    []string
	gate     *gate
}

func newPath(audience handlers.Audience, group []handlers.Route, g *gate) *path {
	p := &path{first: group[0], audience: audience, methods: map[string]handlers.Endpoint{}, gate: g}
	if audience.FromMemory {
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
	reqctx.From(r.Context()).Route = p.first.Path
	for name, value := range mux.Vars(r) {
		r.SetPathValue(name, value) // the handlers do not depend on the router
	}
	if p.audience.Popups {
		w.Header().Del("Cross-Origin-Opener-Policy")
	}
	if p.first.AnyOrigin && anyOrigin(w, r) {
		return
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

// serve runs while the request holds a place, also for a method that the path does not
// have: deciding whether the caller may learn that is work as well.
func (p *path) serve(w http.ResponseWriter, r *http.Request) error {
	if serve, ok := p.methods[r.Method]; ok {
		return serve(w, r)
	}
	w.Header().Set("Allow", strings.Join(p.allow, ", "))
	return p.audience.NotAllowed(r, p.first)
}
