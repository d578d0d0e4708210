package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	ownaccount "gatehouse/handlers/pages/account"
	"gatehouse/handlers/pages/console"
	sentences "gatehouse/handlers/pages/events"
	"gatehouse/handlers/pages/signin"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/apis"
	"gatehouse/internal/browser"
	"gatehouse/internal/grant"
	"gatehouse/internal/inspect"
	"gatehouse/internal/loopback"
	"gatehouse/internal/notify"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/oauth/challenge"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/device"
	"gatehouse/internal/oauth/discovery"
	"gatehouse/internal/oauth/grants"
	"gatehouse/internal/oauth/logout"
	"gatehouse/internal/oauth/register"
	"gatehouse/internal/outbound"
	"gatehouse/internal/passkey"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
	"gatehouse/store"
	"gatehouse/web"
)

// endpoints has the services, and the parts that several endpoints share.
type endpoints struct {
	*core
	signing
	issuer   *url.URL
	resource *url.URL // the metadata of our own API, or the zero URL
	guard    api.Guard
	clients  *clientauth.Authenticator
	requests *authorize.Endpoint
	devices  *device.Endpoint
	// newcomers are authenticated where a client by URL may begin a request, and so may not be
	// known yet.
	newcomers *clientauth.Authenticator
	browsers  *browser.Service
	visitors  pages.Visitors
	known     browser.Known
	brand     *web.Brand
	passkeys  *passkey.Ceremonies
	trusted   browser.Trusted
}

func newEndpoints(c *core, s signing, issuer *url.URL, brand *web.Brand) endpoints {
	cfg := c.config
	resource, err := cfg.ResourceMetadata()
	if err != nil {
		resource = &url.URL{} // doctor says why
	}
	browsers := &browser.Service{
		DB: c.db, Ends: c.ends, Idle: cfg.BrowserIdle, Lifetime: cfg.BrowserLifetime, Now: c.now, Log: c.log,
	}
	cookies := browser.Cookies{Secure: secure(issuer), Base: issuer.Path}
	assertions := c.assertions()
	clients := &clientauth.Authenticator{Clients: c.registry, Limits: c.limits, Assertions: assertions, Now: c.now}
	newcomers := *clients
	newcomers.Documents = c.documents
	return endpoints{
		core: c, signing: s, issuer: issuer, resource: resource, browsers: browsers, brand: brand,
		known:   browser.Known{Cookies: cookies, Sealer: s.sealer("gatehouse known browser v1"), Now: c.now},
		trusted: browser.Trusted{Cookies: cookies, Sealer: s.sealer("gatehouse trusted browser v1"), For: cfg.TrustedBrowsers, Now: c.now},
		guard:   api.Guard{Sessions: c.sessions, Metadata: resource.String()},
		clients: clients, newcomers: &newcomers,
		visitors: pages.Visitors{Cookies: cookies, Browsers: browsers},
		requests: &authorize.Endpoint{
			Clients: c.registry, Documents: c.documents, APIs: c.catalog, DB: c.db, Hints: s.verifier, Objects: assertions, Issuer: cfg.Issuer, Now: c.now,
			Continuations: authorize.Continuations{Sealer: s.sealer("gatehouse authorization v1"), Now: c.now},
		},
		devices: &device.Endpoint{
			DB: c.db, Clients: c.registry, APIs: c.catalog, Limits: c.limits, Now: c.now, Page: strings.TrimSuffix(cfg.Issuer, "/") + signin.DevicePath,
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
	var err error
	if e.passkeys, err = e.newPasskeys(); err != nil {
		return nil, err
	}
	apps, err := e.protocol()
	if err != nil {
		return nil, err
	}
	tables := slices.Concat(apps.Tables(), e.signIn().Tables(), []handlers.Table{
		e.pages().Table(), e.ownPasskeys().Table(e.config.Issuer), e.ownFactors().Table(e.config.Issuer), e.console(health).Table(), e.accounts().Table(), e.operators().Table(), operators.Documents(health, figures),
	})
	tables = append(tables, e.account(tables).Table())
	metadata, err := protocol.Metadata(discovery.Server{
		Issuer: e.config.Issuer, Endpoints: handlers.Advertised(tables), Grants: grant.Types(),
		PrivateKeyJWT: e.clients.Assertions != nil, BackchannelLogout: true, Resource: e.config.Audience,
	}, e.resource.Path, e.today(&apis.Listed{Store: e.db, Now: now}))
	return append(tables, metadata), err
}

// today returns what the metadata say that may change.
func (e endpoints) today(listed *apis.Listed) func(context.Context) discovery.Today {
	return func(ctx context.Context) discovery.Today {
		return discovery.Today{ClientDocuments: e.documents.Switch.Advertised(ctx), Scopes: listed.Scopes(ctx), Algorithms: e.chosenAlgorithms(ctx)}
	}
}

// chosenAlgorithms returns the algorithms beside RS256 that have keys; none while the keys
// cannot be read.
func (e endpoints) chosenAlgorithms(ctx context.Context) string {
	all, err := e.ring.Algorithms(ctx)
	if err != nil {
		return ""
	}
	return strings.Join(slices.DeleteFunc(all, func(name string) bool { return name == store.RS256 }), " ")
}

func (e endpoints) protocol() (protocol.Endpoints, error) {
	engine, err := grants.NewEngine(grants.Steps{
		Types: grant.Types(), Clients: e.clients, People: e.people, Factors: e.factors, Sessions: e.sessions, Codes: e.db, APIs: e.catalog, Minter: e.minter, Now: e.now,
		Limits: e.limits, Used: e.clientUses.Used, Lifetimes: e.sessions.Lifetimes,
		EnrolmentURI: e.issuer.JoinPath("account", "totp").String(),
	})
	return protocol.Endpoints{
		Token:      protocol.Token{Engine: engine},
		Revoke:     protocol.Revoke{Clients: e.clients, Sessions: e.sessions},
		Introspect: protocol.Introspect{Clients: e.clients, Sessions: e.sessions},
		PAR:        protocol.PAR{Clients: e.newcomers, Requests: e.requests},
		Device:     protocol.DeviceAuthorization{Clients: e.newcomers, Devices: e.devices},
		Challenge:  protocol.Challenge{Clients: e.clients, Endpoint: e.challenges(), Requests: e.requests},
		Userinfo:   protocol.Userinfo{Sessions: e.sessions},
		JWKS:       protocol.JWKS{Keys: e.ring},
		Register:   e.registration(),
	}, err
}

// challenges returns the endpoint where apps of ours sign people in without a browser.
func (e endpoints) challenges() *challenge.Endpoint {
	return &challenge.Endpoint{
		Clients: e.registry, APIs: e.catalog, People: e.people, Factors: e.factors, Passkeys: e.passkeys, DB: e.db, Limits: e.limits, Now: e.now,
	}
}

// registration returns the endpoint at which apps register themselves; nil if it is off.
func (e endpoints) registration() *protocol.Register {
	if e.config.Registration == "off" {
		return nil
	}
	return &protocol.Register{Clients: &register.Endpoint{
		Clients: e.apps, Limits: e.limits, Open: e.config.Registration == "open", Address: strings.TrimSuffix(e.config.Issuer, "/") + register.Path,
	}}
}

func (e endpoints) signIn() signin.Endpoints {
	logouts := &logout.Endpoint{Clients: e.registry, Hints: e.verifier, Sealer: e.sealer("gatehouse logout v1"), Now: e.now}
	login := signin.Login{
		Visitors: e.visitors, Requests: e.requests, People: e.people, Browsers: e.browsers, Known: e.known, Factors: e.factors, Trusted: e.trusted, Lifetime: e.config.BrowserLifetime,
		Passkeys: e.passkeys.On(), SignUp: e.config.SignUp != "closed",
	}
	return signin.Endpoints{
		Authorize: signin.Authorize{Browser: e.visitors.Read, Requests: e.requests},
		Login:     login,
		Passkey:   signin.Passkey{Login: login, Passkeys: e.passkeys, Limits: e.limits},
		Links:     signin.Links{Login: login, People: e.people, SignUp: e.config.SignUp, MinLength: e.config.PasswordMinLength, Passkeys: e.passkeys, Limits: e.limits, SignUpPasskey: e.config.SignUpPasskey, Now: e.now},
		Factor:    signin.Factor{Login: login, Accounts: e.people},
		Consent:   signin.Consent{Visitors: e.visitors, Requests: e.requests},
		Logout:    signin.Logout{Visitors: e.visitors, Requests: logouts, Browsers: e.browsers},
		Device:    signin.Device{Visitors: e.visitors, Requests: e.devices, Now: e.now},
		Issuer:    e.config.Issuer,
	}
}

func (e endpoints) pages() pages.Endpoints {
	return pages.Endpoints{
		Home: pages.Home{Visitors: e.visitors, Issuer: e.config.Issuer},
		Setup: pages.Setup{
			Visitors: e.visitors, People: e.people, Browsers: e.browsers, Known: e.known, Sessions: e.sessions,
			Client: session.Accounts(e.config.AccountsRotation), Issuer: e.config.Issuer,
		},
		Issuer: e.config.Issuer,
		Brand:  e.brand,

		Refusals:     pages.Refusals{Visitors: e.visitors, Store: e.db, People: e.db, Now: e.now},
		Associations: e.associations(),
		WellKnown:    pages.WellKnown{SecurityContact: e.config.SecurityContact, Now: e.now},
	}
}

// account returns the pages on which people manage their own account. Others are the tables
// that may have more of them.
func (e endpoints) account(others []handlers.Table) ownaccount.Endpoints {
	return ownaccount.Endpoints{
		Site: ownaccount.Site{
			Visitors: e.visitors, Flash: e.flash(), Apps: e.registry, Now: e.now,
		},
		People: e.people, Browsers: e.browsers, Sessions: e.sessions, Consents: e.db, Scopes: e.catalog, Evidence: e.db, Factors: e.db, Cursors: e.cursors,
		Issuer: e.config.Issuer,
		Has: func(path string) bool {
			there := func(rt handlers.Route) bool { return rt.Path == path }
			return slices.ContainsFunc(handlers.Routes(others), there) && (path != ownaccount.PasskeysPath || e.passkeys.On())
		},
	}
}

// flash carries messages over redirects.
func (e endpoints) flash() pages.Flash {
	return pages.Flash{Cookies: e.visitors.Cookies, Sealer: e.sealer("gatehouse flash v1")}
}

func (e endpoints) console(health *operators.Health) console.Endpoints {
	return console.Endpoints{
		Site:   console.Site{Visitors: e.visitors, Flash: e.flash(), Issuer: e.config.Issuer, Now: e.now},
		People: e.people, Apps: e.apps, Operations: e.operations(),
		Clients: e.apps, Records: e.db, Scopes: e.catalog,
		APIs: e.apis, Previews: e.sessions, Refused: e.db,
		Tokens: &inspect.Inspector{
			Keys: e.ring, Tokens: e.verifier, Sessions: e.sessions, Store: e.db, Apps: e.registry, APIs: e.catalog, Issuer: e.config.Issuer, Now: e.now,
		},
		Overview: console.Overview{Figures: e.db, Names: e.registry, Watch: e.watch(health)},
		Browsing: e.people, Exports: console.Exports{People: e.people, Evidence: e.db}, Bulk: e.bulk,
		Person: console.PersonServices{
			Accounts: e.people, Browsers: e.browsers, Sessions: e.sessions, Passkeys: e.db, Scopes: e.catalog, Clients: e.registry,
			Evidence: e.db, Directory: sentences.Directory{People: e.db, Apps: e.registry, APIs: e.db},
			Mails: e.people.Mail.On(), MinLength: e.config.PasswordMinLength,
		},
	}
}

// watch knows what may need an administrator.
func (e endpoints) watch(health *operators.Health) console.Watch {
	w := console.Watch{
		Keys: e.ring, RotateEvery: e.config.KeyRotateEvery, Evidence: e.db, Upgrade: e.db,
		Parts: health.Up, Exposed: e.config.Exposed(), Version: version,
	}
	if e.config.SMTP.Reveal() != "" {
		w.Mails = e.db.CountMails
	}
	return w
}

// operations returns what the console's pages about the server itself need.
func (e endpoints) operations() console.Operations {
	o := keyOptions(e.config, e.now)
	return console.Operations{
		Keys: e.ring, Schedule: console.KeySchedule{RotateEvery: o.RotateEvery, PublishLead: o.PublishLead, VerifyFor: o.VerifyFor},
		Log: e.db, Records: e.db, Names: sentences.Directory{People: e.db, Apps: e.registry, APIs: e.db},
		Sessions: e.sessions, Browsers: e.browsers, Cursors: e.cursors, Settings: e.config.Shown(),
	}
}

// newPasskeys returns the ceremonies of passkeys. The brand is what authenticators show.
func (e endpoints) newPasskeys() (*passkey.Ceremonies, error) {
	site, err := passkey.NewSite(e.config.Issuer, e.brand.Name, passkey.Apps{Origins: e.config.PasskeyOrigins, Android: e.config.AndroidApps})
	return &passkey.Ceremonies{DB: e.db, Site: site, Now: e.now}, err
}

// ownFactors returns the pages of the other second factors of the person who is signed in.
func (e endpoints) ownFactors() ownaccount.Factors {
	return ownaccount.Factors{
		Visitors: e.visitors, Flash: e.flash(), People: e.people,
	}
}

// ownPasskeys returns the page of the passkeys of the person who is signed in.
func (e endpoints) ownPasskeys() ownaccount.Passkeys {
	return ownaccount.Passkeys{
		Visitors: e.visitors, Flash: e.flash(),
		Ceremonies: e.passkeys, People: e.people, Store: e.db, Now: e.now,
	}
}

// associations name our websites and apps elsewhere.
func (e endpoints) associations() pages.Associations {
	a := pages.Associations{Apple: e.config.AppleApps}
	if len(e.config.PasskeyOrigins) > 0 {
		a.Origins = append([]string{e.issuer.Scheme + "://" + e.issuer.Host}, e.config.PasskeyOrigins...)
	}
	for _, text := range e.config.AndroidApps {
		if app, err := passkey.ParseAndroidApp(text); err == nil { // config refuses any other
			a.Android = append(a.Android, pages.AndroidApp{Package: app.Package, Fingerprint: app.Fingerprint()})
		}
	}
	return a
}

func (e endpoints) accounts() *accounts.Handlers {
	return &accounts.Handlers{
		Accounts: e.people, Sessions: e.sessions, Tokens: e.verifier, Limits: e.limits, Known: e.known, Guard: e.guard, Issuer: e.issuer,
		Client: session.Accounts(e.config.AccountsRotation),
	}
}

func (e endpoints) operators() *operators.Handlers {
	return &operators.Handlers{
		Clients: e.apps, APIs: e.apis, Keys: e.ring, Evidence: e.db, People: e.db, Figures: e.db,
		Cursors: e.cursors, Guard: e.guard, Issuer: e.issuer, Now: e.now,
	}
}

// outbound returns the client for calls to addresses that apps registered.
func (b *backends) outbound() *http.Client {
	return outbound.Client(outbound.Options{Private: b.config.PrivateTargets})
}

// strangers returns the client for calls to addresses that nobody of ours has seen: they never
// lead inside, but to this machine while the issuer is only here.
func (b *backends) strangers() *http.Client {
	issuer, err := url.Parse(b.config.Issuer)
	return outbound.Client(outbound.Options{Loopback: err == nil && loopback.Host(issuer.Hostname())})
}

// assertions returns the check of the JWTs by which clients authenticate (RFC 7523 §2.2).
func (c *core) assertions() *clientauth.Assertions {
	return &clientauth.Assertions{
		Once: c.db, Issuer: c.config.Issuer, Now: c.now,
		Keys:      &clientauth.JWKSCache{Client: c.outbound(), Limits: c.limits, Now: now},
		Strangers: &clientauth.JWKSCache{Client: c.documents.HTTP, Limits: c.limits, Now: now},
	}
}

func (c *core) newNotifier(minter *token.Minter) *notify.Worker {
	return &notify.Worker{
		Notices: c.db, Clients: c.registry, Tokens: minter, Every: notify.DefaultEvery,
		HTTP: c.outbound(), Now: c.now, Log: c.log,
	}
}
