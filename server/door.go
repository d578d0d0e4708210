package server

import (
	"log/slog"
	"net/http"
	"strings"

	"gatehouse/handlers"
	"gatehouse/internal/metrics"
)

// Options are what the door needs beside the tables.
type Options struct {
	// Programs and People are told of a path that no table has. What is told of a
	// panic is written for programs.
	Programs, People handlers.Refuse
	Proxies          Proxies
	CORSOrigins      []string
	// HSTS is set where the issuer is https.
	HSTS bool
	// Places is how many requests are worked on at once; 0: any number.
	Places  int
	Metrics *metrics.Metrics
	Log     *slog.Logger
}

// New returns the handler of all tables, in this order: observe (log, count, catch
// panics), secure (headers), cross-origin answers, router.
func New(o Options, tables ...handlers.Table) http.Handler {
	h := router(tables, http.HandlerFunc(o.unknown), newGate(o.Places, o.Metrics.Shed))
	h = cors(h, o.CORSOrigins)
	h = secure(h, o.HSTS)
	return &observer{
		next: h, proxies: o.Proxies, log: o.Log, metrics: o.Metrics, quiet: quiet(tables),
		refuse: func(w http.ResponseWriter, r *http.Request) { o.Programs(w, r, errPanic) },
	}
}

// unknown refuses an unknown path in the way of the caller who is likely to ask: a
// person gets a page, a program JSON.
func (o Options) unknown(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		o.Programs(w, r, handlers.ErrNotFound)
		return
	}
	o.People(w, r, handlers.ErrNotFound)
}
