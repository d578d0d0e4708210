package server

import (
	"log/slog"
	"net/http"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/metrics"
	"gatehouse/internal/oauth"
	"gatehouse/web"
)

// Endpoints are what the table leads to.
type Endpoints struct {
	Token, Revoke, Introspect                      handlers.Endpoint
	JWKS, AuthorizationServer, OpenIDConfiguration handlers.Endpoint
	OpenAPI                                        handlers.Endpoint
	// Accounts and Operators are guarded already, each line by itself.
	Accounts, Operators []api.Route
	Guard               api.Guard
	Health              *operators.Health
	// The way into an app and out of it: what apps send browsers to, and the pages
	// that people answer there.
	Authorize, UserInfo, PAR, DeviceAuthorization handlers.Endpoint
	Login                                         pages.Login
	Consent                                       pages.Consent
	Logout                                        pages.Logout
	Device                                        pages.Device
	Setup                                         pages.Setup
	Home                                          pages.Home
	// HTTPS is set where the issuer is https.
	HTTPS bool
	// Metrics is nil if it has a listener of its own.
	Metrics http.Handler
}

// The paths that apps are told of in the metadata.
const (
	TokenPath      = "/oauth/token" //nolint:gosec // G101: a path, not a credential
	RevokePath     = "/oauth/revoke"
	IntrospectPath = "/oauth/introspect"
	JWKSPath       = "/.well-known/jwks.json"
	AuthorizePath  = oauth.AuthorizePath
	UserInfoPath   = "/oauth/userinfo"
	LogoutPath     = "/oauth/logout"
	PARPath        = "/oauth/par"
	DevicePath     = "/oauth/device_authorization"
	// DevicePagePath is where people type the code of a device.
	DevicePagePath = "/device"
)

// Routes is the whole surface.
func Routes(e Endpoints) []Route {
	apps := &Audience{Name: "apps", Refuse: protocol.Refuse, NotAllowed: postOnly}
	documents := &Audience{Name: "documents", FromMemory: true, Refuse: api.Refuse, NotAllowed: methodNotAllowed}
	people := &Audience{Name: "people", Refuse: pages.Refuse, NotAllowed: pages.NotAllowed}
	// Apps lead browsers here, also by forms on their own sites; what is there
	// changes nothing by such a form, but goes on by GET (SameSite=Lax).
	frontChannel := &Audience{Name: "front channel", Refuse: pages.Refuse, NotAllowed: pages.NotAllowed}
	resource := &Audience{Name: "resource", Refuse: protocol.RefuseBearer, NotAllowed: postOnly}
	own := pages.SameOrigin(e.HTTPS)
	table := []Route{
		{http.MethodGet, JWKSPath, documents, e.JWKS},
		{http.MethodPost, TokenPath, apps, e.Token},
		{http.MethodPost, IntrospectPath, apps, e.Introspect},
		{http.MethodGet, "/.well-known/openid-configuration", documents, e.OpenIDConfiguration},
		{http.MethodGet, "/.well-known/oauth-authorization-server", documents, e.AuthorizationServer},
		{http.MethodGet, "/healthz/live", documents, e.Health.Live},
		{http.MethodGet, "/healthz/ready", documents, e.Health.Ready},
	}
	table = append(table, guarded("front ends", e.Guard, e.Accounts)...)
	table = append(table, guarded("operators", e.Guard, e.Operators)...)
	style, serveStyle := web.Stylesheet()
	script, serveScript := web.FormPostScript()
	table = append(table,
		Route{http.MethodPost, RevokePath, apps, e.Revoke},
		Route{http.MethodPost, PARPath, apps, e.PAR},
		Route{http.MethodPost, DevicePath, apps, e.DeviceAuthorization},
		Route{http.MethodGet, UserInfoPath, resource, e.UserInfo},
		Route{http.MethodPost, UserInfoPath, resource, e.UserInfo},
		Route{http.MethodGet, AuthorizePath, frontChannel, e.Authorize},
		Route{http.MethodPost, AuthorizePath, frontChannel, e.Authorize},
		Route{http.MethodGet, LogoutPath, frontChannel, e.Logout.Ask},
		Route{http.MethodPost, LogoutPath, frontChannel, e.Logout.Ask},
		Route{http.MethodGet, "/login", people, e.Login.Show},
		Route{http.MethodPost, "/login", people, own(e.Login.SignIn)},
		Route{http.MethodGet, "/consent", people, e.Consent.Show},
		Route{http.MethodPost, "/consent", people, own(e.Consent.Answer)},
		Route{http.MethodGet, "/logout", people, e.Logout.Show},
		Route{http.MethodPost, "/logout", people, own(e.Logout.SignOut)},
		Route{http.MethodGet, DevicePagePath, people, e.Device.Show},
		Route{http.MethodPost, DevicePagePath, people, own(e.Device.Answer)},
		Route{http.MethodGet, "/", people, e.Home.Show},
		Route{http.MethodGet, "/setup", people, e.Setup.Show},
		Route{http.MethodPost, "/setup", people, own(e.Setup.Create)},
		Route{http.MethodGet, style, people, plain(serveStyle)},
		Route{http.MethodGet, script, people, plain(serveScript)},
		Route{http.MethodGet, "/openapi.json", documents, e.OpenAPI},
	)
	if e.Metrics != nil {
		table = append(table, Route{http.MethodGet, "/metrics", documents, plain(e.Metrics)})
	}
	return table
}

// guarded takes over the table of an audience that speaks as Django REST
// framework does. All of its paths answer with and without a slash at the end.
func guarded(name string, guard api.Guard, routes []api.Route) []Route {
	audience := &Audience{Name: name, Slash: true, Refuse: api.Refuse, NotAllowed: guard.NotAllowed(routes)}
	table := make([]Route, 0, len(routes))
	for _, rt := range routes {
		table = append(table, Route{rt.Method, rt.Pattern, audience, rt.Serve})
	}
	return table
}

// postOnly is how apps are told of a method that a path of theirs does not have.
func postOnly(*http.Request, string, []string) error {
	return &handlers.FormError{Status: http.StatusMethodNotAllowed}
}

func methodNotAllowed(r *http.Request, _ string, _ []string) error {
	return &api.MethodNotAllowed{Method: r.Method}
}

// plain makes an endpoint of a handler that refuses nothing.
func plain(h http.Handler) handlers.Endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// Options are what the door needs beside the table.
type Options struct {
	Proxies     Proxies
	CORSOrigins []string
	// HSTS is set where the issuer is https.
	HSTS bool
	// Places is how many requests are worked on at once; 0: any number.
	Places  int
	Metrics *metrics.Metrics
	Log     *slog.Logger
}

// New returns the handler of everything, in this order: observe (log, count, catch
// panics), secure (headers), cross-origin answers, router. What an unknown path
// gets depends on who is likely to ask: a person gets a page, a program JSON.
func New(table []Route, o Options) http.Handler {
	h := router(table, http.HandlerFunc(unknown), newGate(o.Places, o.Metrics.Shed))
	h = cors(h, o.CORSOrigins)
	h = secure(h, o.HSTS)
	return &observer{next: h, proxies: o.Proxies, log: o.Log, metrics: o.Metrics, refuse: func(w http.ResponseWriter, r *http.Request) {
		api.Refuse(w, r, errPanic)
	}}
}

func unknown(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		api.Refuse(w, r, api.ErrNotFound)
		return
	}
	pages.Refuse(w, r, pages.ErrNotFound)
}
