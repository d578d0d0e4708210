package server

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"gatehouse/handlers"
)

// below serves h below base, the path of the issuer. A proxy in front may strip that path
// or not: a request comes with or without it, and an answer that leads the browser to one
// of our own paths always names it.
func below(base string, h http.Handler) http.Handler {
	if base == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, found := strings.CutPrefix(r.URL.Path, base); found && (rest == "" || rest[0] == '/') {
			address := *r.URL
			address.Path, address.RawPath = cmp.Or(rest, "/"), strings.TrimPrefix(r.URL.RawPath, base)
			r = r.WithContext(r.Context()) // a copy
			r.URL = &address
		}
		h.ServeHTTP(located{w, base}, r)
	})
}

// located adds the base to a Location on this server.
type located struct {
	http.ResponseWriter
	base string
}

func (w located) WriteHeader(status int) {
	if to := w.Header().Get("Location"); strings.HasPrefix(to, "/") {
		w.Header().Set("Location", w.base+to)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap serves http.ResponseController.
func (w located) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Ambiguous returns an error if a path of the tables lies below base. Behind a proxy that
// strips the base, such a path could not be told from another one with it.
func Ambiguous(base string, tables []handlers.Table) error {
	for _, rt := range handlers.Routes(tables) {
		if base != "" && strings.HasPrefix(rt.Path+"/", base+"/") {
			return fmt.Errorf("GATEHOUSE_ISSUER ends in %s, where this server has a path of its own, %s; choose another path", base, rt.Path)
		}
	}
	return nil
}
