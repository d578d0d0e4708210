package server

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/metrics"
	"gatehouse/internal/reqctx"
)

// requestBudget is how long the work for one request may take, including waits for the
// database, Redis and a password hash.
const requestBudget = 9 * time.Second

var errPanic = errors.New("panic while answering")

// observer is the outermost layer: it gives the request its Info and its deadline,
// catches panics, logs one line and counts the request.
type observer struct {
	next    http.Handler
	base    string
	proxies Proxies
	log     *slog.Logger
	metrics *metrics.Metrics
	quiet   map[string]bool // by path template
	failed  func(error)     // may be nil
	refuse  func(http.ResponseWriter, *http.Request)
	// explainer keeps why requests are refused.
	explainer reqctx.Explainer
	ignored   ignoredProxies
}

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now() //nolint:forbidigo // measures a duration
	info := &reqctx.Info{Base: o.base, Explainer: o.explainer, ID: rand.Text()[:16], IP: o.proxies.ClientIP(r), UserAgent: cut(r.UserAgent(), 255), AsksFor: firstLanguage(r.Header.Get("Accept-Language"))}
	if peer, ignored := o.proxies.Ignored(r); ignored && o.ignored.first(peer, start) {
		o.log.WarnContext(r.Context(), "X-Forwarded-For is ignored, because the peer is not a trusted proxy; if it is yours, name it in GATEHOUSE_TRUSTED_PROXIES", "peer", peer.String())
	}
	ctx, cancel := context.WithTimeout(reqctx.With(r.Context(), info), requestBudget)
	defer cancel()
	rec := &recorder{ResponseWriter: w}
	rec.Header().Set("X-Request-Id", info.ID)
	o.metrics.InFlight(1)
	finished := o.serve(rec, r.WithContext(ctx), info)
	o.metrics.InFlight(-1)
	o.done(r.Context(), seen{r, rec, info, time.Since(start)})
	if !finished {
		panic(http.ErrAbortHandler) // a partial answer must not look complete
	}
}

// serve reports whether the answer is complete, even if it is the answer after a panic.
// A panic's value stays out of the log: it may quote what the caller sent.
func (o *observer) serve(w *recorder, r *http.Request, info *reqctx.Info) (finished bool) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			return // the handler means to abort the answer
		}
		o.metrics.Panic()
		o.log.Error("panic", "request", info.ID, "route", info.Route, "stack", string(debug.Stack()))
		if finished = w.status == 0; finished {
			o.refuse(w, r)
		}
	}()
	o.next.ServeHTTP(w, r)
	return true
}

// seen is what is logged and counted of one request.
type seen struct {
	request  *http.Request
	recorder *recorder
	info     *reqctx.Info
	took     time.Duration
}

// closedByCaller is the status that nginx logs when the caller disconnects before the
// answer. It is not a fault of ours, and must not look like one.
const closedByCaller = 499

func (s seen) status() int {
	status := s.recorder.status
	switch {
	case status >= 500 && errors.Is(s.request.Context().Err(), context.Canceled):
		return closedByCaller
	case status == 0:
		return http.StatusOK
	}
	return status
}

func (s seen) route() string {
	if s.info.Route == "" {
		return "unknown"
	}
	return s.info.Route
}

func (o *observer) level(s seen) slog.Level {
	switch {
	case s.status() >= 500 && s.info.Expected:
		return slog.LevelInfo
	case s.status() >= 500:
		return slog.LevelError
	case o.quiet[s.info.Route]:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// done counts the request and logs its one line.
func (o *observer) done(ctx context.Context, s seen) {
	o.metrics.Request(s.route(), knownMethod(s.request.Method), s.status(), s.took)
	if s.info.Err != nil && o.failed != nil {
		o.failed(s.info.Err)
	}
	if level := o.level(s); o.log.Enabled(ctx, level) {
		o.log.LogAttrs(ctx, level, "request", s.attributes()...)
	}
}

func (s seen) attributes() []slog.Attr {
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs, slog.String("request", s.info.ID), slog.String("method", knownMethod(s.request.Method)),
		slog.String("route", s.route()), slog.Int("status", s.status()), slog.Float64("ms", float64(s.took.Microseconds())/1000),
		slog.String("ip", s.info.IPString()))
	if s.info.Actor != "" {
		attrs = append(attrs, slog.String("actor", s.info.Actor))
	}
	if s.info.Err != nil {
		attrs = append(attrs, slog.String("why", s.info.Err.Error()))
	}
	return attrs
}

// quiet returns the paths of the routes that are marked Quiet.
func quiet(tables []handlers.Table) map[string]bool {
	paths := map[string]bool{}
	for _, rt := range handlers.Routes(tables) {
		if rt.Quiet {
			paths[rt.Path] = true
		}
	}
	return paths
}

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

// firstLanguage returns the first language of an Accept-Language header, which browsers order
// by preference (RFC 9110 §12.5.4); empty if it is none.
func firstLanguage(header string) string {
	first, _, _ := strings.Cut(header, ",")
	first, _, _ = strings.Cut(first, ";")
	first = strings.TrimSpace(first)
	const longest = 35 // RFC 5646 §4.4.1
	if len(first) > longest || strings.ContainsFunc(first, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) {
		return ""
	}
	return first
}
