package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"gatehouse/handlers"
	"gatehouse/internal/reqctx"
)

// maxBodyBytes bounds what any request may send.
const maxBodyBytes = 64 << 10

// router returns the router of the tables. Paths that no table has go to refuse.
//
// gorilla/mux tries its routes one after the other, each by a regular expression, and
// takes 2 to 4 µs for a path in the middle of the tables. So it has only the paths with
// variables; those without are looked up first, in 50 ns.
func router(tables []handlers.Table, refuse handlers.Refuse, g *gate) http.Handler {
	fixed := map[string]http.Handler{}
	variable := mux.NewRouter().SkipClean(true)
	variable.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { refuse(w, r, handlers.ErrNotFound) })
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
		case disguised(r.URL.RawPath), strings.Contains(r.URL.Path, `\`):
			refuse(w, r, handlers.ErrDisguisedPath)
		case p != nil:
			p.ServeHTTP(w, r)
		default:
			variable.ServeHTTP(w, r)
		}
	})
}

// disguised reports whether the path encodes a slash, or a character that needs no encoding
// (RFC 3986 §2.3). A proxy in front may decide by the text or the segments of the path, so it
// must see the path that we see; some take a backslash for a slash. rawPath is empty if the
// path is written as package url writes it.
func disguised(rawPath string) bool {
	for rest := rawPath; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return false
		}
		char, err := strconv.ParseUint(after[:2], 16, 8) // package url has checked the two digits
		if err != nil || strings.ContainsRune(unencoded, rune(char)) {
			return true
		}
		rest = after[2:]
	}
}

// unencoded are the characters that a path must not encode.
const unencoded = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"

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
