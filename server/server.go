// Package server is the door: one table of routes, one order of middleware, and
// an http.Server whose every wait has an end.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The budgets of one connection. A client that is slower than these is cut off,
// so that slow ones cannot use up the connections of the others.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
)

// Serve answers on l until ctx ends, then drains: ready turns to false, and after
// drainDelay, in which a balancer can notice, no new connection is accepted and
// those in progress have until shutdownTimeout to end.
func Serve(ctx context.Context, l net.Listener, h http.Handler, o ServeOptions) error {
	srv := newHTTPServer(h, o.Log)
	if o.TLS != nil {
		l = tls.NewListener(l, o.TLS)
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return drain(context.WithoutCancel(ctx), srv, failed, o)
}

func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// ServeOptions are the choices of Serve.
type ServeOptions struct {
	TLS             *tls.Config
	DrainDelay      time.Duration
	ShutdownTimeout time.Duration
	// Draining is told that the end has begun, before the drain delay.
	Draining func()
	Log      *slog.Logger
}

func drain(ctx context.Context, srv *http.Server, failed <-chan error, o ServeOptions) error {
	if o.Draining != nil {
		o.Draining()
	}
	o.Log.Info("draining", "delay", o.DrainDelay.String(), "timeout", o.ShutdownTimeout.String())
	time.Sleep(o.DrainDelay)
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
