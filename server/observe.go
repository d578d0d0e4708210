package server

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"gatehouse/internal/metrics"
	"gatehouse/internal/reqctx"
)

// requestBudget is how long the work for one request may take, waits for the
// database, Redis and a hashing slot included.
const requestBudget = 9 * time.Second

// observer is the outermost layer: it gives the request its Info and its budget,
// catches panics, logs one line and counts.
type observer struct {
	next    http.Handler
	proxies Proxies
	log     *slog.Logger
	metrics *metrics.Metrics
	refuse  func(http.ResponseWriter, *http.Request)
}

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now() //nolint:forbidigo // how long it took, not what time it is
	info := &reqctx.Info{ID: rand.Text()[:16], IP: o.proxies.ClientIP(r), UserAgent: cut(r.UserAgent(), 255)}
	ctx, cancel := context.WithTimeout(reqctx.With(r.Context(), info), requestBudget)
	defer cancel()
	r = r.WithContext(ctx)
	rec := &recorder{ResponseWriter: w}
	rec.Header().Set("X-Request-Id", info.ID)
	o.metrics.InFlight(1)
	defer func() {
		o.metrics.InFlight(-1)
		if p := recover(); p != nil {
			o.panicked(rec, r, info, p)
		}
		o.done(r, rec, info, time.Since(start))
	}()
	o.next.ServeHTTP(rec, r)
}

// panicked answers 500 if nothing was written yet. The panic's value stays out of
// the log: it may quote what the caller sent.
func (o *observer) panicked(w *recorder, r *http.Request, info *reqctx.Info, p any) {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	o.metrics.Panic()
	o.log.Error("panic", "request", info.ID, "route", info.Route, "stack", string(debug.Stack()))
	if w.status == 0 {
		o.refuse(w, r)
	}
}

func (o *observer) done(r *http.Request, w *recorder, info *reqctx.Info, took time.Duration) {
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	route := info.Route
	if route == "" {
		route = "unknown"
	}
	o.metrics.Request(route, knownMethod(r.Method), status, took)
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case quiet[route]:
		level = slog.LevelDebug
	}
	if !o.log.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs, slog.String("request", info.ID), slog.String("method", knownMethod(r.Method)),
		slog.String("route", route), slog.Int("status", status), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("ip", info.IPString()))
	if info.Actor != "" {
		attrs = append(attrs, slog.String("actor", info.Actor))
	}
	if info.Err != nil {
		attrs = append(attrs, slog.String("why", info.Err.Error()))
	}
	o.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// quiet are the routes that programs ask all the time and nobody reads about.
var quiet = map[string]bool{"/healthz/live": true, "/healthz/ready": true, "/metrics": true, "/.well-known/jwks.json": true}

// knownMethod keeps what a caller can invent out of labels and log lines.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// recorder notes the status.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
