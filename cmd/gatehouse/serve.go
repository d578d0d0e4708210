package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
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
		Args: cobra.NoArgs,
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
	log := c.logger(cfg)
	a, err := newApp(ctx, cfg, log)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listening: %w", err), a.Close())
	}
	c.greet(ctx, a, l.Addr().String())

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.background(work) })
	wg.Go(func() { a.serveMetrics(work) })
	err = server.Serve(ctx, l, a.handler, server.ServeOptions{
		TLS: tlsConfig, DrainDelay: cfg.DrainDelay, ShutdownTimeout: cfg.ShutdownTimeout,
		Draining: func() { a.draining.Store(true) }, Log: log,
	})
	stop()
	wg.Wait()
	return errors.Join(err, a.Close())
}

// greet says where the server is and what to do next.
func (c *cli) greet(ctx context.Context, a *app, addr string) {
	fmt.Fprintf(c.stderr, "Gatehouse %s listens on %s; issuer %s\n", version, addr, a.config.Issuer)
	if a.redis != nil {
		for _, warning := range a.redis.Check(ctx) {
			fmt.Fprintf(c.stderr, "Warning: Redis: %s\n", warning)
		}
	}
	link, offered, err := a.people.Offer(ctx)
	switch {
	case err != nil:
		a.log.Error("no link for the first administrator could be made", "error", err)
	case offered:
		fmt.Fprintf(c.stderr, "There is no administrator yet. Create one within the hour:\n\n  %s/setup?token=%s\n\nor run: gatehouse user create --role admin --username NAME --email ADDRESS\n",
			strings.TrimSuffix(a.config.Issuer, "/"), link)
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

// serveMetrics answers on the listener of its own, if there is one.
func (a *app) serveMetrics(ctx context.Context) {
	if a.config.MetricsAddr == "" {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	srv := &http.Server{Addr: a.config.MetricsAddr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		a.log.Error("the metrics listener failed", "addr", a.config.MetricsAddr, "error", err)
	}
}
