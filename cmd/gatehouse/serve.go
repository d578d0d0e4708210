package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/server"
)

func (c *cli) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is told to stop (SIGTERM or Ctrl-C); it then drains.

With nothing set it keeps everything in gatehouse.db and gatehouse.key in the
current folder, listens on 127.0.0.1:8080, and prints a one-time link for the
first administrator as long as there is none.`,
		Example: `  gatehouse serve
  gatehouse serve --addr 127.0.0.1:9000 --issuer http://localhost:9000
  GATEHOUSE_MASTER_KEY_FILE=master.key GATEHOUSE_DATABASE_FILE=database gatehouse serve`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			return c.serve(cmd.Context(), cfg)
		},
	}
}

func (c *cli) serve(ctx context.Context, cfg config.Config) error {
	tlsConfig, err := loadTLS(cfg)
	if err != nil {
		return err
	}
	tuneCollector(cfg)
	lines := &logBuffer{out: c.stderr}
	defer lines.start()() //nolint:contextcheck // the log outlasts the order to stop
	log := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: cfg.LogLevel}))
	a, err := newApp(ctx, cfg, log)
	if err != nil {
		return err
	}
	listeners, err := a.listen(ctx)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	c.greet(ctx, a, listeners.main.Addr())

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.background(work) })
	wg.Go(func() { a.serveMetrics(work, listeners.metrics) })
	wg.Go(func() { a.tellReady(work) })
	err = server.Serve(ctx, listeners.main, a.handler, server.ServeOptions{
		TLS: tlsConfig, DrainDelay: cfg.DrainDelay, ShutdownTimeout: cfg.ShutdownTimeout,
		Draining: func() { a.draining.Store(true); a.tellSystemd(work, "STOPPING=1") }, Log: log,
	})
	stop()
	wg.Wait()
	return errors.Join(err, a.Close())
}

// restMiB is a generous rest beside the password hashes.
const restMiB = 256

// tuneCollector lets the heap, whose living part is a few MiB, triple before it is
// collected, and makes the collector work harder before it grows past what the
// password hashes may fill and a generous rest. GOGC and GOMEMLIMIT have the last word.
func tuneCollector(cfg config.Config) {
	const growthPercent = 200
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growthPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(cfg.PasswordBudgetMiB+restMiB) << 20)
	}
}

// loadTLS returns nil if the server is to speak plain HTTP.
func loadTLS(cfg config.Config) (*tls.Config, error) {
	if cfg.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("loading the TLS certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}

// listeners are where requests come in; metrics is nil unless it has its own.
type listeners struct{ main, metrics net.Listener }

func (a *app) listen(ctx context.Context) (l listeners, err error) {
	if l.main, err = listenOn(ctx, "GATEHOUSE_ADDR", a.config.Addr); err != nil {
		return l, err
	}
	if a.config.MetricsAddr == "" {
		return l, nil
	}
	if l.metrics, err = listenOn(ctx, "GATEHOUSE_METRICS_ADDR", a.config.MetricsAddr); err != nil {
		return l, errors.Join(err, l.main.Close())
	}
	return l, nil
}

// listenOn says what to do about an address that cannot be had.
func listenOn(ctx context.Context, variable, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("something listens on %s already, perhaps another gatehouse; stop that, or choose another address with %s%s", address, variable, example(variable))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s (ports below 1024 are reserved); choose another address with %s", address, variable)
	case err != nil:
		return nil, fmt.Errorf("listening on %s, which %s says: %w", address, variable, err)
	}
	return l, nil
}

// example is for who runs the server at hand: links and tokens name the issuer,
// so that another port needs another issuer.
func example(variable string) string {
	if variable != "GATEHOUSE_ADDR" {
		return ""
	}
	return ", as in:\n  gatehouse serve --addr 127.0.0.1:8081 --issuer http://localhost:8081"
}

// serveMetrics answers on the listener of its own, if there is one.
func (a *app) serveMetrics(ctx context.Context, l net.Listener) {
	if l == nil {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		a.log.Error("the metrics listener failed", "addr", a.config.MetricsAddr, "error", err)
	}
}
