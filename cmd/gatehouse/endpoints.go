package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/signin"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/browser"
	"gatehouse/internal/grant"
	"gatehouse/internal/notify"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/device"
	"gatehouse/internal/oauth/discovery"
	"gatehouse/internal/oauth/grants"
	"gatehouse/internal/oauth/logout"
	"gatehouse/internal/outbound"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
)

// endpoints has the services, and the parts that several endpoints share.
type endpoints struct {
	*core
	signing
	issuer   *url.URL
	guard    api.Guard
	clients  *clientauth.Authenticator
	requests *authorize.Endpoint
	devices  *device.Endpoint
	browsers *browser.Service
	visitors pages.Visitors
	known    browser.Known
}

func newEndpoints(c *core, s signing, issuer *url.URL) endpoints {
	cfg := c.config
	browsers := &browser.Service{
		DB: c.db, Ends: c.ends, Idle: cfg.BrowserIdle, Lifetime: cfg.BrowserLifetime, Now: c.now, Log: c.log,
	}
	cookies := browser.Cookies{Secure: secure(issuer), Base: issuer.Path}
	assertions := c.assertions()
	return endpoints{
		core: c, signing: s, issuer: issuer, browsers: browsers,
		known:    browser.Known{Cookies: cookies, Sealer: s.sealer("gatehouse known browser v1"), Now: c.now},
		guard:    api.Guard{Sessions: c.sessions},
		clients:  &clientauth.Authenticator{Clients: c.registry, Limits: c.limits, Assertions: assertions, Now: c.now},
		visitors: pages.Visitors{Cookies: cookies, Browsers: browsers},
		requests: &authorize.Endpoint{
			Clients: c.registry, DB: c.db, Hints: s.verifier, Objects: assertions, Issuer: cfg.Issuer, Now: c.now,
			Continuations: authorize.Continuations{Sealer: s.sealer("gatehouse authorization v1"), Now: c.now},
		},
		devices: &device.Endpoint{
			DB: c.db, Clients: c.registry, Limits: c.limits, Now: c.now, Page: strings.TrimSuffix(cfg.Issuer, "/") + signin.DevicePath,
		},
	}
}

func secure(issuer *url.URL) bool { return issuer.Scheme == "https" }

// tables returns the routes of all audiences.
func (e endpoints) tables(health *operators.Health) ([]handlers.Table, error) {
	var figures http.Handler
	if e.config.MetricsOnMain() { // otherwise the metrics have their own listener, or none
		figures = e.metrics.Handler()
	}
	apps, err := e.protocol()
	if err != nil {
		return nil, err
	}
	tables := slices.Concat(apps.Tables(), e.signIn().Tables(), []handlers.Table{
		e.pages().Table(), e.accounts().Table(), e.operators().Table(), operators.Documents(health, figures),
	})
	metadata, err := protocol.Metadata(discovery.Server{
		Issuer: e.config.Issuer, Endpoints: handlers.Advertised(tables), Grants: grant.Types(),
		PrivateKeyJWT: e.clients.Assertions != nil, BackchannelLogout: true,
	})
	return append(tables, metadata), err
}

func (e endpoints) protocol() (protocol.Endpoints, error) {
	engine, err := grants.NewEngine(grants.Steps{
		Types: grant.Types(), Clients: e.clients, People: e.people, Sessions: e.sessions, Codes: e.db, Minter: e.minter, Now: e.now,
		Limits: e.limits, Lifetimes: e.sessions.Lifetimes,
	})
	return protocol.Endpoints{
		Token:      protocol.Token{Engine: engine},
		Revoke:     protocol.Revoke{Clients: e.clients, Sessions: e.sessions},
		Introspect: protocol.Introspect{Clients: e.clients, Sessions: e.sessions},
		PAR:        protocol.PAR{Clients: e.clients, Requests: e.requests},
		Device:     protocol.DeviceAuthorization{Clients: e.clients, Devices: e.devices},
		Userinfo:   protocol.Userinfo{Sessions: e.sessions},
		JWKS:       protocol.JWKS{Keys: e.ring},
	}, err
}

func (e endpoints) signIn() signin.Endpoints {
	logouts := &logout.Endpoint{Clients: e.registry, Hints: e.verifier, Sealer: e.sealer("gatehouse logout v1"), Now: e.now}
	return signin.Endpoints{
		Authorize: signin.Authorize{Browser: e.visitors.Read, Requests: e.requests},
		Login:     signin.Login{Visitors: e.visitors, Requests: e.requests, People: e.people, Browsers: e.browsers, Known: e.known},
		Consent:   signin.Consent{Visitors: e.visitors, Requests: e.requests},
		Logout:    signin.Logout{Visitors: e.visitors, Requests: logouts, Browsers: e.browsers},
		Device:    signin.Device{Visitors: e.visitors, Requests: e.devices, Now: e.now},
		Issuer:    e.config.Issuer,
	}
}

func (e endpoints) pages() pages.Endpoints {
	return pages.Endpoints{
		Home:   pages.Home{Visitors: e.visitors, Issuer: e.config.Issuer},
		Setup:  pages.Setup{People: e.people, Issuer: e.config.Issuer},
		Issuer: e.config.Issuer,

		WellKnown: pages.WellKnown{SecurityContact: e.config.SecurityContact, Now: e.now},
	}
}

func (e endpoints) accounts() *accounts.Handlers {
	return &accounts.Handlers{
		Accounts: e.people, Sessions: e.sessions, Tokens: e.verifier, Limits: e.limits, Known: e.known, Guard: e.guard, Issuer: e.issuer,
		Client: session.Accounts(e.config.AccountsRotation),
	}
}

func (e endpoints) operators() *operators.Handlers {
	return &operators.Handlers{
		Clients: e.apps, Keys: e.ring, Evidence: e.db, People: e.db, Figures: e.db,
		Cursors: e.cursors, Guard: e.guard, Issuer: e.issuer, Now: e.now,
	}
}

// outbound returns the client for calls to addresses that apps registered.
func (b *backends) outbound() *http.Client {
	return outbound.Client(outbound.Options{Private: b.config.PrivateTargets})
}

// assertions returns the check of the JWTs by which clients authenticate (RFC 7523 §2.2).
func (b *backends) assertions() *clientauth.Assertions {
	return &clientauth.Assertions{Once: b.db, Keys: &clientauth.JWKSCache{Client: b.outbound(), Limits: b.limits, Now: now}, Issuer: b.config.Issuer, Now: b.now}
}

func (c *core) newNotifier(minter *token.Minter) *notify.Worker {
	return &notify.Worker{
		Notices: c.db, Clients: c.registry, Tokens: minter, Every: notify.DefaultEvery,
		HTTP: c.outbound(), Now: c.now, Log: c.log,
	}
}
