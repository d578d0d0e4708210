package server

import (
	"log/slog"
	"net/http"
	"strings"

	"gatehouse/handlers"
	"gatehouse/internal/metrics"
	"gatehouse/internal/reqctx"
)

// Options are what the door needs besides the tables.
type Options struct {
	// Programs and People write the refusal of a path that no table has. Programs
	// also writes the answer after a panic.
	Programs, People handlers.Refuse
	Proxies          Proxies
	CORSOrigins      []string
	// Base is the path of the issuer, or "".
	Base string
	// HSTS is set where the issuer is https.
	HSTS bool
	// Places is how many requests are processed at once; 0 means any number.
	Places int
	// Failed, if set, gets the error of each request that was refused or failed.
	Failed  func(error)
	Metrics *metrics.Metrics
	// Explainer keeps why requests are refused; nil: nothing is kept.
	Explainer reqctx.Explainer
	Log       *slog.Logger
}

// New returns the handler of all tables, behind the middleware in this order: below (the
// issuer's path), observe
// (log, count, catch panics), secure (headers), cors.
func New(o Options, tables ...handlers.Table) http.Handler {
	h := router(tables, o.refuse, newGate(o.Places, o.Metrics.Shed))
	h = cors(h, o.CORSOrigins)
	h = secure(h, o.HSTS)
	return below(o.Base, &observer{
		next: h, base: o.Base, proxies: o.Proxies, log: o.Log, metrics: o.Metrics, quiet: quiet(tables), failed: o.Failed, explainer: o.Explainer,
		refuse: func(w http.ResponseWriter, r *http.Request) { o.Programs(w, r, errPanic) },
	})
}

// refuse refuses a path that no table has in the form that suits the likely caller: a page
// for a person, JSON for a program.
func (o Options) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		o.Programs(w, r, err)
		return
	}
	o.People(w, r, err)
}
