package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"

	"gatehouse/config"
	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/figures"
	"gatehouse/internal/notify"
	"gatehouse/server"
)

// app is the server without its listener.
type app struct {
	*core
	signing
	notifier *notify.Worker
	surface  []handlers.Table
	handler  http.Handler
	draining *atomic.Bool
}

// newApp opens each part after those that it needs, and builds the handler on them.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	issuer, err := url.Parse(cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer: %w", err)
	}
	b, err := openBackends(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	s, err := b.openSigning(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.ring.Close()
		}
	}()
	c, draining := b.services(s), &atomic.Bool{}
	health := &operators.Health{Checks: b.checks(s.ring, draining), Now: now}
	surface, err := newEndpoints(c, s, issuer).tables(health)
	if err != nil {
		return nil, err
	}
	if err := server.Ambiguous(issuer.Path, surface); err != nil {
		return nil, err
	}
	figures.Register(context.WithoutCancel(ctx), b.metrics, b.figures(s.ring, health))
	return &app{
		core: c, signing: s, notifier: c.newNotifier(s.minter), surface: surface, draining: draining,
		handler: server.New(b.door(issuer), surface...),
	}, nil
}

// Close stops a first key that is still being made, and closes the back-ends.
func (a *app) Close() error {
	a.ring.Close()
	return a.core.Close()
}

// door returns what server.New needs beside the tables.
func (b *backends) door(issuer *url.URL) server.Options {
	return server.Options{
		Programs: api.Refuse, People: pages.Refuse,
		Proxies: b.config.TrustedProxies, CORSOrigins: b.config.CORSOrigins, HSTS: issuer.Scheme == "https", Base: issuer.Path,
		Places: server.Places(b.passwords.Capacity() + account.MaxTurns), Metrics: b.metrics, Log: b.log,
	}
}
