// Package server is the door: one router for all tables, one order of middleware, and
// an http.Server in which every wait is bounded.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// The time limits of one connection. A caller that is slower is cut off, so that slow
// callers cannot use up the connections of others.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
	// maxStreams is how many requests one HTTP/2 connection may have in progress: more
	// than our pages need, but not a flood.
	maxStreams = 64
)

// Serve answers on l until ctx ends, and then drains: it calls Draining, waits
// DrainDelay so that load balancers can notice, accepts no more connections, and gives
// the requests in progress ShutdownTimeout to end.
func Serve(ctx context.Context, l net.Listener, h http.Handler, o ServeOptions) error {
	var draining atomic.Bool
	srv := newHTTPServer(multiplexed(sayGoodbye(h, &draining)), o.Log)
	if o.TLS != nil {
		l = tls.NewListener(l, o.TLS)
	}
	l = limited(l, o.MaxConnections, srv, o.Log)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	draining.Store(true)
	return drain(context.WithoutCancel(ctx), srv, failed, o)
}

// sayGoodbye announces the end of the connection with its last answer, so that a load
// balancer sends nothing more on a connection that is about to be closed. Idle ones
// stay open until the drain delay is over: closing one just as a request arrives on it
// would lose that request. Over HTTP/2, package http turns the header into a GOAWAY.
func sayGoodbye(next http.Handler, draining *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// ServeOptions are the choices of Serve.
type ServeOptions struct {
	TLS *tls.Config
	// MaxConnections is how many connections may be open; 0 means any number.
	MaxConnections int
	DrainDelay     time.Duration
	// AtOnce reports, once draining has begun, whether the drain delay can be skipped.
	AtOnce          func() bool
	ShutdownTimeout time.Duration
	// Draining is called when draining begins, before the drain delay.
	Draining func()
	Log      *slog.Logger
}

func drain(ctx context.Context, srv *http.Server, failed <-chan error, o ServeOptions) error {
	if o.Draining != nil {
		o.Draining()
	}
	o.Log.Info("draining", "delay", o.DrainDelay.String(), "timeout", o.ShutdownTimeout.String())
	if o.AtOnce == nil || !o.AtOnce() {
		time.Sleep(o.DrainDelay)
	}
	ctx, cancel := context.WithTimeout(ctx, o.ShutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return errors.Join(err, srv.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
