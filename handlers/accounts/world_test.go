package accounts_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/browser"
	"gatehouse/internal/clock"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A world is the audience with real services: SQLite, keys and sessions.
type world struct {
	url      string
	db       *sqlstore.DB
	accounts *account.Service
	sessions *session.Service
	ring     *keys.Ring
	hasher   *password.Hasher
	limits   *throttle.Limiter
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("setting up the test: %v", err)
		}
		return v
	}
}

func start(t *testing.T, rules throttle.Rules) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(context.Background())
	w := &world{}
	w.db = must[*sqlstore.DB](t)(sqlstore.Open(ctx, sqlstore.Options{DSN: testdb.Ready(t), Now: time.Now, Log: log}))
	if err := w.db.Migrate(ctx); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	w.ring = must[*keys.Ring](t)(keys.Open(ctx, keys.Options{
		Store: w.db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: time.Now, Log: log, PublishLead: time.Minute, VerifyFor: time.Hour,
	}))
	done := make(chan error, 1)
	go func() { done <- w.ring.Run(ctx) }()
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	issuer := must[*url.URL](t)(url.Parse(server.URL))
	w.url = server.URL
	minter := &token.Minter{Keys: w.ring, Issuer: w.url, Audience: w.url, Now: time.Now}
	verifier := &token.Verifier{Keys: w.ring, Issuer: w.url, Audience: w.url, Now: time.Now}
	ends := &ending.Service{DB: w.db, Rotations: w.db.Rotations(), Now: clock.Millis(time.Now), Log: log}
	w.sessions = &session.Service{
		DB: w.db, Rotations: w.db.Rotations(), Ends: ends, Clients: builtIn{w.db}, APIs: &apis.Catalog{Store: w.db, Audience: w.url, Now: time.Now}, Keys: w.ring, Minter: minter, Verifier: verifier,
		Lifetimes: session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 24 * time.Hour, RefreshAbsolute: 48 * time.Hour},
		Grace:     10 * time.Second, Now: clock.Millis(time.Now), Log: log,
	}
	w.hasher = password.New(password.Options{MemoryKiB: 64, Iterations: 1, Parallelism: 1, BudgetMiB: 8, MaxParallel: 4, MaxWaiting: 1000, Wait: 5 * time.Second})
	w.limits = &throttle.Limiter{Store: w.db.Throttles(), Fallback: throttle.NewMemory(time.Now), Rules: rules, Now: time.Now, Log: log}
	w.accounts = &account.Service{
		DB: w.db, Ends: ends, Passwords: w.hasher, Policy: password.Policy{MinLength: 8}, Limits: w.limits,
		Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{7})}, SignUpOpen: true, Now: clock.Millis(time.Now), Log: log,
	}
	h := &accounts.Handlers{
		Accounts: w.accounts, Sessions: w.sessions, Tokens: verifier, Limits: w.limits,
		Guard: api.Guard{Sessions: w.sessions, Metadata: "https://id.example/.well-known/oauth-protected-resource"}, Issuer: issuer, Client: session.Accounts(store.RotationStrict),
		Known: browser.Known{Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{8})}, Now: time.Now},
	}
	server.Config.Handler = mount(h.Table())
	t.Cleanup(func() {
		server.Close()
		stop()
		<-done
		_ = w.db.Close()
	})
	return w
}

// builtIn returns the built-in client as well as the registered ones.
type builtIn struct{ db store.DB }

func (b builtIn) ClientByID(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(store.RotationStrict), nil
	}
	return b.db.ClientByID(ctx, id)
}

// mount serves the routes of a table as package server does.
func mount(table handlers.Table) http.Handler {
	m := mux.NewRouter().SkipClean(true)
	notFound := func(w http.ResponseWriter, r *http.Request) { table.Refuse(w, r, handlers.ErrNotFound) }
	for _, rt := range table.Routes {
		methods := []string{rt.Method}
		if rt.Method == "GET" {
			methods = append(methods, "HEAD")
		}
		m.Path(rt.Path + "{slash:/?}").Methods(methods...).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, value := range mux.Vars(r) {
				r.SetPathValue(name, value)
			}
			if err := rt.Serve(w, r); err != nil {
				table.Refuse(w, r, err)
			}
		})
	}
	for _, rt := range table.Routes {
		m.Path(rt.Path + "{slash:/?}").HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", "…")
			table.Refuse(w, r, table.NotAllowed(r, first(table, rt)))
		})
	}
	m.NotFoundHandler = http.HandlerFunc(notFound)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := &reqctx.Info{ID: "test", IP: netip.MustParseAddr("192.0.2.1"), UserAgent: r.UserAgent()}
		if from := r.Header.Get("X-Test-From"); from != "" {
			info.IP = netip.MustParseAddr(from)
		}
		m.ServeHTTP(w, r.WithContext(reqctx.With(r.Context(), info)))
	})
}

// first returns the first route of the same path.
func first(table handlers.Table, of handlers.Route) handlers.Route {
	return table.Routes[slices.IndexFunc(table.Routes, func(rt handlers.Route) bool { return rt.Path == of.Path })]
}

// wide returns rules that delay nobody.
func wide() throttle.Rules {
	r := store.Rule{Free: 100_000, Delay: time.Second, Factor: 1, MaxDelay: time.Second, Forget: time.Hour}
	return throttle.Rules{SignIn: r, Network: r, SignUp: r, Failure: r}
}
