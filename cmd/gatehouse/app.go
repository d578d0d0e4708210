package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"gatehouse/config"
	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/signin"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/account"
	"gatehouse/internal/browser"
	"gatehouse/internal/cursor"
	"gatehouse/internal/figures"
	"gatehouse/internal/grant"
	"gatehouse/internal/notify"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/server"
)

// app is the whole server but for its listener.
type app struct {
	*core
	ring     *keys.Ring
	notifier *notify.Worker
	health   *operators.Health
	surface  []handlers.Table
	handler  http.Handler
	draining atomic.Bool
}

// newApp opens everything and builds the door.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	c, err := openCore(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	ring, err := c.openRing(ctx)
	if err != nil {
		return nil, err
	}
	a := &app{core: c, ring: ring}
	a.health = &operators.Health{Checks: a.checks(), Now: now}
	defer func() {
		if err != nil {
			ring.Close()
		}
	}()
	figures.Register(context.WithoutCancel(ctx), a.metrics, a.figures())
	minter := &token.Minter{Keys: a.ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: c.now}
	c.sessions.Keys = a.ring
	c.sessions.Minter = minter
	verifier := &token.Verifier{Keys: a.ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: c.now}
	c.sessions.Verifier = verifier
	cursors := cursor.Sealer{Keys: ring.Derive("gatehouse cursor v1")}
	c.people.Cursors, c.apps.Cursors = cursors, cursors
	a.notifier = a.newNotifier(minter)
	a.handler, err = a.door(minter, verifier, cursors)
	return a, err
}

// Close ends the making of a first key that may still go on, and closes the back-ends.
func (a *app) Close() error {
	a.ring.Close()
	return a.core.Close()
}

// door builds the endpoints and the route table.
func (a *app) door(minter *token.Minter, verifier *token.Verifier, cursors cursor.Sealer) (http.Handler, error) {
	issuer, err := url.Parse(a.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer: %w", err)
	}
	a.surface, err = a.routes(minter, verifier, cursors, issuer)
	if err != nil {
		return nil, err
	}
	return server.New(server.Options{
		Programs: api.Refuse, People: pages.Refuse, Proxies: a.config.TrustedProxies, CORSOrigins: a.config.CORSOrigins, HSTS: issuer.Scheme == "https",
		Places: a.places(), Metrics: a.metrics, Log: a.log,
	}, a.surface...), nil
}

// places is how many requests are worked on at once. What costs our own processor is
// done in a fraction of a second by so many for each core; beside those, there is room
// for all who wait for a password to be hashed or for a name, and hold up nobody.
func (a *app) places() int {
	const perCore = 64
	return perCore*runtime.GOMAXPROCS(0) + a.passwords.Capacity() + account.MaxTurns
}

func (a *app) routes(minter *token.Minter, verifier *token.Verifier, cursors cursor.Sealer, issuer *url.URL) ([]handlers.Table, error) {
	surface := oauth.Surface{
		Grants: grant.Types(), Issuer: a.config.Issuer, Token: "/oauth/token", Revocation: "/oauth/revoke",
		Introspection: "/oauth/introspect", JWKS: "/.well-known/jwks.json",
		Authorization: oauth.AuthorizePath, Userinfo: "/oauth/userinfo", Pushed: "/oauth/par", Devices: "/oauth/device_authorization",
		EndSession: "/oauth/logout", PrivateKeyJWT: true, BackchannelLogout: true,
	}
	oauthDocument, err := surface.AuthorizationServer()
	if err != nil {
		return nil, err
	}
	openidDocument, err := surface.OpenIDConfiguration()
	if err != nil {
		return nil, err
	}
	clients := &oauth.Authenticator{Clients: a.registry, Limits: a.limits, Assertions: a.assertions(), Now: a.now}
	engine, err := oauth.NewEngine(oauth.Grants{
		Types: grant.Types(), Clients: clients, People: a.people, Sessions: a.sessions, Codes: a.db, Minter: minter, Now: a.now,
		Limits: a.limits, Lifetimes: a.sessions.Lifetimes,
	})
	if err != nil {
		return nil, err
	}
	guard := api.Guard{Sessions: a.sessions}
	front := &accounts.Handlers{Accounts: a.people, Sessions: a.sessions, Tokens: verifier, Limits: a.limits, Guard: guard, Issuer: issuer}
	operator := &operators.Handlers{
		Clients: a.apps, Keys: a.ring, Evidence: a.db, People: a.db, Figures: a.db,
		Cursors: cursors, Guard: guard, Issuer: issuer, Now: a.now,
	}
	https := issuer.Scheme == "https"
	browsers := &browser.Service{
		DB: a.db, Sessions: a.sessions, Idle: a.config.BrowserIdle, Lifetime: a.config.BrowserLifetime, Now: a.now, Log: a.log,
	}
	visitors := pages.Visitors{Cookies: browser.Cookies{Secure: https}, Browsers: browsers}
	requests := &oauth.Authorization{
		Clients: a.registry, DB: a.db, Hints: verifier, Issuer: a.config.Issuer, Now: a.now,
		Continuations: oauth.Continuations{Sealer: cursor.Sealer{Keys: a.ring.Derive("gatehouse authorization v1")}, Now: a.now},
	}
	devices := &oauth.Devices{
		DB: a.db, Clients: a.registry, Limits: a.limits, Now: a.now, Page: strings.TrimSuffix(a.config.Issuer, "/") + signin.DevicePath,
	}
	logouts := &oauth.Logouts{
		Clients: a.registry, Hints: verifier, Sealer: cursor.Sealer{Keys: a.ring.Derive("gatehouse logout v1")}, Now: a.now,
	}
	apps := protocol.Endpoints{
		Token:      protocol.Token{Engine: engine},
		Revoke:     protocol.Revoke{Clients: clients, Sessions: a.sessions},
		Introspect: protocol.Introspect{Clients: clients, Sessions: a.sessions},
		PAR:        protocol.PAR{Clients: clients, Requests: requests},
		Device:     protocol.DeviceAuthorization{Clients: clients, Devices: devices},
		Userinfo:   protocol.Userinfo{Sessions: a.sessions, People: a.db},
		JWKS:       protocol.JWKS{Keys: a.ring},
	}
	signingIn := signin.Endpoints{
		Authorize: signin.Authorize{Browser: visitors.Read, Requests: requests},
		Login:     signin.Login{Visitors: visitors, Requests: requests, People: a.people, Browsers: browsers},
		Consent:   signin.Consent{Visitors: visitors, Requests: requests},
		Logout:    signin.Logout{Visitors: visitors, Requests: logouts, Browsers: browsers},
		Device:    signin.Device{Visitors: visitors, Requests: devices, Now: a.now},
		HTTPS:     https,
	}
	others := pages.Endpoints{
		Home:  pages.Home{Visitors: visitors, Issuer: a.config.Issuer},
		Setup: pages.Setup{People: a.people, Issuer: a.config.Issuer},
		HTTPS: https,
	}
	var figures http.Handler
	if a.config.MetricsAddr == "" {
		figures = a.metrics.Handler()
	}
	return slices.Concat(apps.Tables(), signingIn.Tables(), []handlers.Table{
		others.Table(), front.Table(), operator.Table(), operators.Documents(a.health, figures), protocol.Documents(oauthDocument, openidDocument),
	}), nil
}
