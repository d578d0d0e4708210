package main

import (
	"net/http"
	"strings"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/browser"
	"gatehouse/internal/cursor"
	"gatehouse/internal/notify"
	"gatehouse/internal/oauth"
	"gatehouse/internal/outbound"
	"gatehouse/internal/token"
	"gatehouse/server"
)

// frontChannel builds what a browser meets on its way into an app and out of it.
func (a *app) frontChannel(e *server.Endpoints, verifier *token.Verifier, clients *oauth.Authenticator) {
	browsers := &browser.Service{
		DB: a.db, Sessions: a.sessions, Idle: a.config.BrowserIdle, Lifetime: a.config.BrowserLifetime, Now: a.now, Log: a.log,
	}
	visitors := pages.Visitors{Cookies: browser.Cookies{Secure: e.HTTPS}, Browsers: browsers}
	requests := &oauth.Authorization{
		Clients: a.registry, DB: a.db, Hints: verifier, Issuer: a.config.Issuer, Now: a.now,
		Continuations: oauth.Continuations{Sealer: cursor.Sealer{Keys: a.ring.Derive("gatehouse authorization v1")}, Now: a.now},
	}
	logouts := &oauth.Logouts{
		Clients: a.registry, Hints: verifier, Sealer: cursor.Sealer{Keys: a.ring.Derive("gatehouse logout v1")}, Now: a.now,
	}
	devices := &oauth.Devices{
		DB: a.db, Clients: a.registry, Limits: a.limits, Now: a.now, Page: strings.TrimSuffix(a.config.Issuer, "/") + server.DevicePagePath,
	}
	e.Authorize = protocol.Authorize{Requests: requests, Browser: visitors.Read, Login: "/login", Consent: "/consent"}.Serve
	e.UserInfo = protocol.Userinfo{Sessions: a.sessions, People: a.db}.Serve
	e.PAR = protocol.PAR{Clients: clients, Requests: requests}.Serve
	e.DeviceAuthorization = protocol.DeviceAuthorization{Clients: clients, Devices: devices}.Serve
	e.Login = pages.Login{Visitors: visitors, Requests: requests, People: a.people, Browsers: browsers}
	e.Consent = pages.Consent{Visitors: visitors, Requests: requests}
	e.Logout = pages.Logout{Visitors: visitors, Requests: logouts, Browsers: browsers}
	e.Device = pages.Device{Visitors: visitors, Requests: devices, Now: a.now}
	e.Home = pages.Home{Visitors: visitors, Issuer: a.config.Issuer}
}

// outbound makes the client for what apps tell us to call.
func (a *app) outbound() *http.Client {
	return outbound.Client(outbound.Options{Private: a.config.PrivateTargets})
}

// assertions judges what clients sign to authenticate themselves.
func (a *app) assertions() *oauth.Assertions {
	return &oauth.Assertions{Once: a.db, Keys: &oauth.JWKSCache{Client: a.outbound(), Now: now}, Issuer: a.config.Issuer, Now: a.now}
}

// notifyEvery is how soon after a sign-out the apps are told of it.
const notifyEvery = time.Second

func (a *app) newNotifier(minter *token.Minter) *notify.Worker {
	return &notify.Worker{
		Notices: a.db, Clients: a.registry, Tokens: minter, Every: notifyEvery,
		HTTP: a.outbound(), Now: a.now, Log: a.log,
	}
}
