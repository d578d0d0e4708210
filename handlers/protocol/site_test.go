package protocol_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/client"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/device"
	"gatehouse/internal/oauth/discovery"
	"gatehouse/internal/oauth/grants"
	"gatehouse/internal/outbound"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const (
	issuer       = "https://id.example"
	annsSub      = "6f1f64c5-7d6c-4c0e-9d55-0c6f3b1f5f01"
	annsPassword = "correct horse battery staple"
	formType     = "application/x-www-form-urlencoded"
)

// site has the protocol endpoints on a new SQLite file, with real keys and tokens.
type site struct {
	mux      *http.ServeMux
	db       *sqlstore.DB
	ring     *keys.Ring
	sessions *session.Service
	people   *people
	limits   *limits
	verifier *token.Verifier
	info     *reqctx.Info // of the last request
	requests *authorize.Endpoint
	devices  *device.Endpoint
	browser  oauth.Browser // the one that sends the requests
	now      atomic.Int64
}

func (s *site) clock() time.Time        { return time.Unix(0, s.now.Load()).UTC() }
func (s *site) advance(d time.Duration) { s.now.Add(int64(d)) }

// passwords is what the password grant needs of account.Service.
type passwords interface {
	CheckPassword(ctx context.Context, name, given string, method signin.Method) (signin.Proof, error)
}

// people stands in for account.Service: the name finds the user, the password is always
// the same, and each check is counted, because it would cost a hash.
type people struct {
	db    *sqlstore.DB
	now   func() time.Time
	asked atomic.Int32
	fail  error // returned instead of an answer, if set
}

func (p *people) CheckPassword(ctx context.Context, name, given string, method signin.Method) (signin.Proof, error) {
	p.asked.Add(1)
	if p.fail != nil {
		return signin.Proof{}, p.fail
	}
	user, err := p.db.UserByName(ctx, name)
	if errors.Is(err, store.ErrNotFound) || err == nil && (given != annsPassword || !user.Active) {
		return signin.Proof{}, account.ErrCredentials
	}
	return signin.Password(user, method, p.now()), err
}

// limits counts failures, and returns an error for each once it is set to.
type limits struct {
	mu      sync.Mutex
	counted map[string]int
	refuse  error
}

func (l *limits) Failure(_ context.Context, kind, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counted[kind+" "+id]++
	return l.refuse
}

func open(t testing.TB) *site {
	t.Helper()
	return openOn(t, testdb.Ready(t))
}

func openOn(t testing.TB, dsn string) *site {
	t.Helper()
	s := &site{limits: &limits{counted: map[string]int{}}}
	s.now.Store(time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC).UnixNano())
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: s.clock, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: s.clock, Log: log,
		PublishLead: time.Hour, VerifyFor: 91 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	s.db, s.ring, s.people = db, ring, &people{now: s.clock, db: db}
	s.populate(t)
	s.wire(t, s.people)
	return s
}

// populate adds ann and the clients. The secret of a confidential client is its ID
// followed by "-secret".
func (s *site) populate(t testing.TB) {
	t.Helper()
	all := grant.Names()
	apps := []store.Client{
		{ID: "shop", AuthMethod: store.SecretBasic, GrantTypes: all},
		{ID: "mail", AuthMethod: store.SecretPost, GrantTypes: all},
		{ID: "page", AuthMethod: store.NoSecret, GrantTypes: all},
		{ID: "idle", AuthMethod: store.SecretBasic},
		{ID: "kiosk", AuthMethod: store.SecretBasic, GrantTypes: []string{grant.Password}},
		{ID: "robot", AuthMethod: store.SecretBasic, GrantTypes: []string{grant.ClientCredentials}},
		{ID: "odd:id%", AuthMethod: store.SecretBasic, GrantTypes: all},
		{ID: "blank", AuthMethod: store.SecretBasic, GrantTypes: all},
	}
	err := s.db.Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.CreateUser(store.User{
			Sub: annsSub, Username: "ann", UsernameKey: "ann", Email: "ann@example.com", EmailKey: "ann@example.com",
			Role: store.RoleUser, Active: true, PasswordHash: "$argon2id$", JoinedAt: s.clock(),
		})
		for _, app := range apps {
			app.Name, app.Scope, app.CreatedAt, app.UpdatedAt = app.ID, "openid account users:read", s.clock(), s.clock()
			if app.AuthMethod != store.NoSecret && app.ID != "blank" {
				app.Secrets = []store.ClientSecret{{Digest: store.DigestOf(app.ID + "-secret"), CreatedAt: s.clock()}}
			}
			err = errors.Join(err, tx.CreateClient(app))
		}
		return err
	})
	if err != nil {
		t.Fatalf("filling the database: %v", err)
	}
}

// wire builds the endpoints; who checks the passwords.
func (s *site) wire(t testing.TB, who passwords) {
	t.Helper()
	ring := s.ring
	s.mux = http.NewServeMux()
	clients := &client.Cache{Store: s.db, Now: s.clock}
	s.verifier = &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.clock}
	minter := &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.clock}
	catalog := &apis.Catalog{Store: s.db, Audience: issuer, Now: s.clock}
	life := session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 14 * 24 * time.Hour, RefreshAbsolute: 90 * 24 * time.Hour}
	s.sessions = &session.Service{
		Ends: &ending.Service{DB: s.db, Rotations: s.db.Rotations(), Now: s.clock, Log: slog.New(slog.DiscardHandler)},
		DB:   s.db, Rotations: s.db.Rotations(), Clients: clients, APIs: catalog, Keys: ring, Minter: minter,
		Verifier: s.verifier, Inspectors: session.Inspectors{Audience: issuer, APIs: catalog},
		Lifetimes: life, Grace: 10 * time.Second, Now: s.clock, Log: slog.New(slog.DiscardHandler),
	}
	auth := &clientauth.Authenticator{Clients: clients, Limits: s.limits, Now: s.clock, Assertions: &clientauth.Assertions{
		Once: s.db, Keys: &clientauth.JWKSCache{Client: outbound.Client(outbound.Options{}), Limits: s.limits, Now: s.clock}, Issuer: issuer, Now: s.clock,
	}}
	engine, err := grants.NewEngine(grants.Steps{
		Types: grant.Types(), Clients: auth, People: who, Sessions: s.sessions, APIs: catalog, Minter: minter, Limits: s.limits, Lifetimes: life,
		Codes: s.db, Now: s.clock,
	})
	if err != nil {
		t.Fatalf("building the token endpoint: %v", err)
	}
	metadata, err := protocol.Metadata(discovery.Server{Grants: grant.Types(), Issuer: issuer, Endpoints: handlers.Advertised(protocol.Endpoints{}.Tables()), Resource: issuer}, resourcePath, func(context.Context) discovery.Today { return discovery.Today{} })
	if err != nil {
		t.Fatalf("building the authorization server metadata: %v", err)
	}
	s.handle("/oauth/token", protocol.Token{Engine: engine}.Serve)
	s.handle("/oauth/revoke", protocol.Revoke{Clients: auth, Sessions: s.sessions}.Serve)
	s.handle("/oauth/introspect", protocol.Introspect{Clients: auth, Sessions: s.sessions}.Serve)
	s.wireOpenID(clients, catalog, auth)
	s.handle("/.well-known/jwks.json", protocol.JWKS{Keys: ring}.Serve)
	for _, rt := range metadata.Routes {
		s.handle(rt.Path, rt.Serve)
	}
}

func (s *site) handle(path string, e handlers.Endpoint) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if err := e(w, r); err != nil {
			protocol.Refuse(w, r, err)
		}
	})
}

// answer is a response whose body has been read.
type answer struct {
	status  int
	header  http.Header
	body    string
	members map[string]any
}

func (a answer) text(member string) string {
	s, _ := a.members[member].(string)
	return s
}

func (s *site) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	s.info = &reqctx.Info{ID: "REQUEST0", IP: netip.MustParseAddr("192.0.2.7")}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r.WithContext(reqctx.With(r.Context(), s.info)))
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	if a.body != "" && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.members); err != nil {
			t.Fatalf("%s %s: reading the body %q: %v", r.Method, r.URL.Path, a.body, err)
		}
	}
	return a
}

// as authenticates a client with its own method.
func as(id string) func(*http.Request, url.Values) {
	return func(r *http.Request, form url.Values) {
		switch id {
		case "":
		case "page", session.AccountsID:
			form.Set("client_id", id)
		case "mail":
			form.Set("client_id", id)
			form.Set("client_secret", id+"-secret")
		default:
			r.Header.Set("Authorization", basic(id, id+"-secret"))
		}
	}
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// post sends a form; pairs are names and values.
func (s *site) post(t testing.TB, path string, who func(*http.Request, url.Values), pairs ...string) answer {
	t.Helper()
	return s.do(t, form(path, who, pairs...))
}

func form(path string, who func(*http.Request, url.Values), pairs ...string) *http.Request {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, nil)
	who(r, values)
	header := r.Header
	r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header = header
	r.Header.Set("Content-Type", formType)
	return r
}

func (s *site) signIn(t testing.TB, app string, more ...string) answer {
	t.Helper()
	return s.post(t, "/oauth/token", as(app), append([]string{"grant_type", "password", "username", "ann", "password", annsPassword}, more...)...)
}

func (s *site) refresh(t testing.TB, app, raw string, more ...string) answer {
	t.Helper()
	return s.post(t, "/oauth/token", as(app), append([]string{"grant_type", "refresh_token", "refresh_token", raw}, more...)...)
}

func (s *site) active(t testing.TB, app, raw string) bool {
	t.Helper()
	a := s.post(t, "/oauth/introspect", as(app), "token", raw)
	if a.status != http.StatusOK {
		t.Fatalf("introspection: %d %s, want 200", a.status, a.body)
	}
	active, _ := a.members["active"].(bool)
	return active
}

// granted fails unless a is an answer with tokens.
func granted(t testing.TB, a answer) answer {
	t.Helper()
	if a.status != http.StatusOK || a.text("access_token") == "" {
		t.Fatalf("status %d %s, want 200 and an access token", a.status, a.body)
	}
	return a
}

// refused fails unless a is a refusal with that status and code, without secrets.
func refused(t testing.TB, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code {
		t.Errorf("answer %d %s, want %d %s", a.status, a.body, status, code)
		return
	}
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Location") != "" {
		t.Errorf("header %v, want no-store and no redirect", a.header)
	}
	if challenged := a.header.Get("WWW-Authenticate") != ""; challenged != (status == http.StatusUnauthorized) {
		t.Errorf("WWW-Authenticate %q with %d, want a challenge only with 401", a.header.Get("WWW-Authenticate"), status)
	}
	for _, secret := range []string{annsPassword, "-secret", "192.0.2.7", annsSub, "store", "sql", "gatehouse/"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("%q is in %s, want it hidden", secret, a.body)
		}
	}
	if len(a.members) != 2 {
		t.Errorf("members of %s, want two", a.body)
	}
}
