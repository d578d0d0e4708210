package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"gatehouse/handlers/protocol"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/client"
	"gatehouse/internal/ending"
	"gatehouse/internal/factor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/grants"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/sqlstore"
)

const (
	issuer     = "https://id.example"
	idle       = 14 * 24 * time.Hour
	absolute   = 90 * 24 * time.Hour
	accessLife = 5 * time.Minute
	grace      = 10 * time.Second
	outage     = time.Minute // how much a lost state adds to the grace (store.Rotations)
	touchEvery = time.Minute
)

// A site has the endpoints on real back-ends, and a clock that can be moved.
type site struct {
	db       *sqlstore.DB
	ends     *ending.Service
	sessions *session.Service
	people   *account.Service
	clients  *client.Service
	verifier *token.Verifier
	mux      *http.ServeMux
	away     *away
	backend  clocks
	now      atomic.Int64
	made     atomic.Int64 // names are never used twice
	writing  sync.Mutex   // of touches
}

func (s *site) clock() time.Time { return time.Unix(0, s.now.Load()).UTC() }

// away wraps rotations that can be made unavailable.
type away struct {
	store.Rotations
	gone atomic.Bool
}

var errAway = fmt.Errorf("%w: away for the test", store.ErrUnavailable)

func (a *away) Rotate(ctx context.Context, sid string, s store.Step) (store.Rotation, store.Outcome, error) {
	if a.gone.Load() {
		return store.Rotation{}, 0, errAway
	}
	return a.Rotations.Rotate(ctx, sid, s)
}

func (a *away) Forget(ctx context.Context, sids ...string) error {
	if a.gone.Load() {
		return errAway
	}
	return a.Rotations.Forget(ctx, sids...)
}

func (a *away) Current(ctx context.Context, sid string, known store.Rotation) (store.Rotation, error) {
	if a.gone.Load() {
		return store.Rotation{}, errAway
	}
	return a.Rotations.Current(ctx, sid, known)
}

// onEverySite runs a test on each combination of back-ends.
func onEverySite(t *testing.T, test func(*testing.T, *site)) {
	t.Run("SQLite", func(t *testing.T) { test(t, open(t, testdb.Ready(t), "")) })
	t.Run("MariaDB", func(t *testing.T) { test(t, open(t, testdb.MySQL(t), "")) })
	t.Run("MariaDB and Redis", func(t *testing.T) { test(t, open(t, testdb.MySQL(t), testdb.Redis(t))) })
	t.Run("SQLite and Redis", func(t *testing.T) { test(t, open(t, testdb.Ready(t), testdb.Redis(t))) })
}

func open(t *testing.T, dsn, redisURL string) *site {
	t.Helper()
	s := &site{}
	// Redis and MariaDB have clocks of their own, which at first agree with this one.
	s.now.Store(time.Now().Truncate(time.Second).Add(250 * time.Millisecond).UnixNano())
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: s.clock, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	s.db, s.away, s.backend = db, &away{Rotations: db.Rotations()}, clocks{synced: time.Now()}
	if strings.HasPrefix(dsn, "mysql:") {
		s.backend.sql = testdb.Raw(t, dsn)
	}
	var touch time.Duration
	var record store.Rotations
	if redisURL != "" {
		moving, err := redisstore.Open(t.Context(), redisstore.Options{Installation: "TEST", URL: redisURL, Log: log})
		if err != nil {
			t.Fatalf("opening the Redis store: %v", err)
		}
		t.Cleanup(func() { _ = moving.Close() })
		s.away.Rotations, s.backend.redis, touch = moving, rawRedis(t, redisURL), touchEvery
		record = db.Rotations()
	}
	s.wire(t, touch, record, log)
	return s
}

func rawRedis(t *testing.T, at string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(at)
	if err != nil {
		t.Fatalf("parsing the Redis URL: %v", err)
	}
	raw := redis.NewClient(options)
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

// wire builds the services and endpoints on the stores.
func (s *site) wire(t *testing.T, touch time.Duration, record store.Rotations, log *slog.Logger) {
	t.Helper()
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: s.db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: s.clock, Log: log, PublishLead: time.Hour, VerifyFor: absolute + 24*time.Hour,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	s.verifier = &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.clock}
	minter := &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.clock}
	catalog := &apis.Catalog{Store: s.db, Audience: issuer, Now: s.clock}
	life := session.Lifetimes{Access: accessLife, RefreshIdle: idle, RefreshAbsolute: absolute}
	s.ends = &ending.Service{DB: s.db, Rotations: s.away, Now: s.clock, Log: log}
	s.sessions = &session.Service{
		DB: s.db, Rotations: s.away, Record: record, Ends: s.ends, Clients: fresh{s.db}, APIs: catalog, Keys: ring, Minter: minter, Verifier: s.verifier,
		Inspectors: session.Inspectors{Audience: issuer, APIs: catalog}, Lifetimes: life, Grace: grace, TouchEvery: touch, Now: s.clock, Log: log,
		Touches: &session.Touches{Record: s.db.TouchSessions, Most: session.DefaultWaiting, Observe: func(string, int) {}, Log: log},
	}
	second := &factor.Service{DB: s.db, Vault: keys.NewDataKey(), Limits: unlimited{}, Require: "none", Now: s.clock}
	s.people = &account.Service{
		DB: s.db, Ends: s.ends, Factors: second, Passwords: password.New(password.Options{MemoryKiB: 64, Iterations: 1, BudgetMiB: 8}), Now: s.clock, Log: log,
	}
	s.clients = &client.Service{Grants: grant.Types(), DB: s.db, APIs: &apis.Service{DB: s.db}, Ends: s.ends, Now: s.clock, Log: log}
	auth := &clientauth.Authenticator{Clients: fresh{s.db}, Limits: unlimited{}, Now: s.clock}
	engine, err := grants.NewEngine(grants.Steps{
		Types: grant.Types(), Clients: auth, People: everybody{s.db, s.clock}, Factors: second, Sessions: s.sessions, APIs: catalog, Minter: minter, Limits: unlimited{}, Lifetimes: life, Codes: s.db, Now: s.clock,
	})
	if err != nil {
		t.Fatalf("building the token endpoint: %v", err)
	}
	s.mux = http.NewServeMux()
	for path, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/oauth/token": protocol.Token{Engine: engine}.Serve, "/oauth/revoke": protocol.Revoke{Clients: auth, Sessions: s.sessions}.Serve,
	} {
		s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if err := serve(w, r); err != nil {
				protocol.Refuse(w, r, err)
			}
		})
	}
}

// fresh reads clients without caching them; package client tests its cache itself.
type fresh struct{ *sqlstore.DB }

func (f fresh) Fresh(ctx context.Context, id string) (store.Client, error) {
	return f.ClientByID(ctx, id)
}

func (f fresh) ClientByID(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(store.RotationAdopted), nil
	}
	return f.DB.ClientByID(ctx, id)
}

type unlimited struct{}

func (unlimited) Failure(context.Context, string, string) error { return nil }

// everybody accepts any password for every active user.
type everybody struct {
	db  *sqlstore.DB
	now func() time.Time
}

func (e everybody) CheckPassword(ctx context.Context, name, _ string, method signin.Method) (signin.Proof, error) {
	user, err := e.db.UserByName(ctx, name)
	if errors.Is(err, store.ErrNotFound) || err == nil && !user.Active {
		return signin.Proof{}, account.ErrCredentials
	}
	return signin.Password(user, method, e.now()), err
}

// person adds a user.
func (s *site) person(t failer) store.User {
	name := fmt.Sprintf("p%d", s.made.Add(1))
	u := store.User{
		Sub: uuid.NewString(), Username: name, UsernameKey: name, Email: name + "@example.com", EmailKey: name + "@example.com",
		Role: store.RoleUser, Active: true, PasswordHash: "none", JoinedAt: s.clock(),
	}
	err := s.db.Write(context.Background(), func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	return u
}

// app registers a client, whose secret is "secret" unless it is public.
func (s *site) app(t failer, method string) store.Client {
	c := store.Client{
		ID: fmt.Sprintf("c%d", s.made.Add(1)), Name: "App", AuthMethod: method, Scope: allScope,
		GrantTypes: []string{grant.Password, grant.RefreshToken}, CreatedAt: s.clock(), UpdatedAt: s.clock(),
	}
	if method != store.NoSecret {
		c.Secrets = []store.ClientSecret{{Digest: store.DigestOf("secret"), CreatedAt: s.clock()}}
	}
	if err := s.db.Write(context.Background(), func(tx store.Tx) error { return tx.CreateClient(c) }); err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	return c
}

// failer is the common part of *rapid.T and *testing.T.
type failer interface {
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// An answer is the token endpoint's; Code is empty if it has tokens.
type answer struct {
	Code    string `json:"error"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
	// AuthSession names the sign-in that waits for one of the Factors.
	AuthSession string   `json:"auth_session"`
	Factors     []string `json:"factors"`
	status      int
}

// gathered writes what refreshes have gathered. The model knows nothing of the wait.
func (s *site) gathered() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.sessions.Touches.Write(context.Background())
}

// post sends a form as the client.
func (s *site) post(t failer, path string, c store.Client, form url.Values) answer {
	if c.AuthMethod != store.SecretBasic {
		form.Set("client_id", c.ID)
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.AuthMethod == store.SecretBasic {
		r.SetBasicAuth(c.ID, "secret")
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r.WithContext(reqctx.With(r.Context(), &reqctx.Info{ID: "REQUEST"})))
	s.gathered()
	a := answer{status: w.Code}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("%s: unmarshalling the JSON: %v", w.Body, err)
		}
	}
	return a
}
