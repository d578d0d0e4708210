package server

import (
	"net/http"
	"slices"
	"strings"
)

// cors lets the pages of the configured origins call the API and the endpoints
// for apps from a browser (Fetch standard §3.2). Cookies are never allowed: the
// tokens travel in headers and bodies. Without configured origins it returns next.
func cors(next http.Handler, origins []string) http.Handler {
	if len(origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasPrefix(r.URL.Path, "/oauth/") || r.URL.Path == withoutPages {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !slices.Contains(origins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		if !isPreflight(r) {
			h.Set("Access-Control-Expose-Headers", "Link, Location, Retry-After, WWW-Authenticate, X-Request-Id, X-Total-Count")
			next.ServeHTTP(w, r)
			return
		}
		answerPreflight(w, r, "GET, POST, PUT, PATCH, DELETE")
	})
}

// withoutPages is the endpoint to which apps send passwords that people typed outside a
// browser. A page has the authorization endpoint.
const withoutPages = "/oauth/challenge"

// anyOrigin lets every page read the answer, and reports whether it was a preflight, which
// it answers.
func anyOrigin(w http.ResponseWriter, r *http.Request) (answered bool) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if isPreflight(r) {
		answerPreflight(w, r, "GET, HEAD")
		return true
	}
	return false
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

func answerPreflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", strings.Join(allowedHeaders(r), ", "))
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// maxAskedHeaders bounds how many headers a preflight may ask for, and maxHeaderName the
// length of each.
const (
	maxAskedHeaders = 32
	maxHeaderName   = 64
)

// allowedHeaders returns the headers that our endpoints read and those that the preflight
// asks for, such as the traceparent of a tracing library. Our endpoints ignore the latter.
// (An asterisk would not cover Authorization: Fetch standard §3.2.3.) A list with anything
// but names of headers, or too many, is ignored as a whole.
func allowedHeaders(r *http.Request) []string {
	usual := []string{"Authorization", "Content-Type"}
	all := slices.Clone(usual)
	for name := range strings.SplitSeq(strings.Join(r.Header.Values("Access-Control-Request-Headers"), ","), ",") {
		name = strings.Trim(name, " \t")
		known := slices.ContainsFunc(all, func(other string) bool { return strings.EqualFold(other, name) })
		switch {
		case name == "" || known:
			continue
		case len(name) > maxHeaderName || len(all) == maxAskedHeaders || strings.ContainsFunc(name, notInToken):
			return usual
		}
		all = append(all, name)
	}
	return all
}

// notInToken reports whether c cannot be in a header's name, which is a token (RFC 9110
// §5.6.2).
func notInToken(c rune) bool {
	letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	return !letter && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
