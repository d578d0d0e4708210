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
	"gatehouse/internal/client/document"
	"gatehouse/internal/figures"
	"gatehouse/internal/mail"
	"gatehouse/internal/notify"
	"gatehouse/internal/oauth"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web"
)

// app is the server without its listener.
type app struct {
	*core
	signing
	notifier *notify.Worker
	sender   *mail.Sender // nil without a mail server
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
	sender, err := c.newSender()
	if err != nil {
		return nil, err
	}
	health := &operators.Health{Checks: b.checks(s.ring, draining), Now: now}
	brand, err := newBrand(cfg)
	if err != nil {
		return nil, err
	}
	surface, err := newEndpoints(c, s, issuer, brand).tables(health)
	if err != nil {
		return nil, err
	}
	if err := server.Ambiguous(issuer.Path, surface); err != nil {
		return nil, err
	}
	figures.Register(context.WithoutCancel(ctx), b.metrics, b.figures(s.ring, health))
	return &app{
		core: c, signing: s, notifier: c.newNotifier(s.minter), sender: sender, surface: surface, draining: draining,
		handler: web.Site{Brand: brand, Secure: secure(issuer)}.Within(server.New(c.door(issuer), surface...)),
	}, nil
}

// newBrand reads the files of the brand.
func newBrand(cfg config.Config) (*web.Brand, error) {
	brand, err := web.NewBrand(web.BrandSettings{
		Name: cfg.BrandName, Logo: cfg.BrandLogo, CSS: cfg.BrandCSS, Colour: cfg.BrandColor,
		Terms: cfg.BrandTermsURL, Privacy: cfg.BrandPrivacyURL, Support: cfg.BrandSupportURL, Secured: cfg.BrandSecured,
	})
	if err != nil {
		return nil, fmt.Errorf("reading the brand: %w", err)
	}
	return brand, nil
}

// Close waits for the work that goes on after answers, stops a first key that is still being
// made, and closes the back-ends.
func (a *app) Close() error {
	a.people.Settle()
	a.ring.Close()
	return a.core.Close()
}

// door returns what server.New needs beside the tables.
func (b *core) door(issuer *url.URL) server.Options {
	return server.Options{
		Programs: api.Refuse, People: pages.Refuse,
		Proxies: b.config.TrustedProxies, CORSOrigins: b.config.CORSOrigins, HSTS: issuer.Scheme == "https", Base: issuer.Path,
		Places: server.Places(b.passwords.Capacity() + account.MaxTurns + document.MaxWaiting), Failed: b.refusals, Metrics: b.metrics, Explainer: b.explainer, Log: b.log,
	}
}

// refusals counts what apps were refused.
func (b *backends) refusals(err error) {
	if refused, ok := errors.AsType[*oauth.Error](err); ok {
		b.hourly.Count(store.Refusals, "", string(refused.Code))
	}
}
