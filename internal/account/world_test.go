package account_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/clock"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A world is the service with real parts and a clock that tests can move.
type world struct {
	*account.Service
	t  *testing.T
	db *sqlstore.DB

	mu        sync.Mutex
	now       time.Time
	forgotten []string
}

func open(t *testing.T) *world {
	t.Helper()
	return openOn(t, testdb.Ready(t))
}

// everywhere runs a test of concurrency on each database, because each has its own locks.
func everywhere(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("SQLite", func(t *testing.T) { test(t, open(t)) })
	t.Run("MariaDB", func(t *testing.T) { test(t, openOn(t, testdb.MySQL(t))) })
}

func openOn(t *testing.T, dsn string) *world {
	t.Helper()
	w := &world{t: t, now: clock.Millis(time.Now)()}
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: w.clock, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	w.db = db
	w.Service = &account.Service{
		DB: db, Ends: &ending.Service{DB: db, Rotations: w, Now: w.clock, Log: log}, Policy: password.Policy{MinLength: 8}, Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})},
		Passwords:  password.New(password.Options{MemoryKiB: 64, Iterations: 1, Parallelism: 1, BudgetMiB: 8, MaxParallel: 2, MaxWaiting: 1000, Wait: 10 * time.Second}),
		Limits:     &throttle.Limiter{Store: db.Throttles(), Fallback: throttle.NewMemory(w.clock), Rules: throttle.DefaultRules(), Now: w.clock, Log: log},
		SignUpOpen: true, Links: &link.Service{DB: db, Issuer: "https://id.example", Now: w.clock}, Now: w.clock, Log: log,
	}
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Forget records the sessions that it gets.
func (w *world) Forget(_ context.Context, sids ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgotten = append(w.forgotten, sids...)
	return nil
}

const secret = "a rather long secret"

// person creates an account as the command line does.
func (w *world) person(name string, role store.Role) store.User {
	w.t.Helper()
	in := input(name)
	in.Role = fields.Given(string(role))
	u, err := w.Create(w.t.Context(), authz.Operator, in)
	if err != nil {
		w.t.Fatalf("making %s: %v", name, err)
	}
	return u
}

func input(name string) account.Input {
	return account.Input{Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Password: fields.Given(secret)}
}

// as returns u as an actor in a session with every scope of their role.
func as(u store.User, sid string) authz.Actor {
	return authz.Actor{UserID: u.ID, Sub: u.Sub, Role: u.Role, ClientID: "accounts", SessionID: sid, Scope: authz.ForRole(u.Role)}
}

// session starts a session without tokens.
func (w *world) session(u store.User) string {
	w.t.Helper()
	return w.sessionOf(u, "accounts")
}

func (w *world) sessionOf(u store.User, clientID string) string {
	w.t.Helper()
	return w.begin(u, store.Session{ClientID: clientID})
}

// sessionFrom creates a session that began at an address with a program.
func (w *world) sessionFrom(u store.User, ip, agent string) {
	w.t.Helper()
	w.begin(u, store.Session{ClientID: "accounts", IP: ip, UserAgent: agent})
}

func (w *world) begin(u store.User, s store.Session) string {
	w.t.Helper()
	sid := rand.Text()
	now := w.clock().UTC()
	err := w.db.Write(w.t.Context(), func(tx store.Tx) error {
		return tx.CreateSession(store.Session{
			ID: sid, UserID: u.ID, ClientID: s.ClientID, IP: s.IP, UserAgent: s.UserAgent, SignIn: store.SignIn{At: now}, CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(time.Hour),
			Rotation: store.Rotation{Gen: 1, JTI: rand.Text(), IssuedAt: now, ExpiresAt: now.Add(time.Hour), Role: u.Role, KeyID: "k"},
		})
	})
	if err != nil {
		w.t.Fatalf("creating the session: %v", err)
	}
	return sid
}

// living returns the IDs of the sessions that live.
func (w *world) living(u store.User) []string {
	w.t.Helper()
	list, err := w.db.ListSessions(w.t.Context(), u.ID, w.clock())
	if err != nil {
		w.t.Fatalf("listing the sessions: %v", err)
	}
	ids := []string{}
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	return ids
}

func (w *world) read(id int64) store.User {
	w.t.Helper()
	u, err := w.db.UserByID(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("looking up the user: %v", err)
	}
	return u
}

// evidence returns the details of the events of a kind, newest first, as text.
func (w *world) evidence(kind string) []string {
	w.t.Helper()
	events, err := w.db.ListAudit(w.t.Context(), store.AuditQuery{Kind: kind, Limit: 1000})
	if err != nil {
		w.t.Fatalf("listing the audit events: %v", err)
	}
	lines := []string{}
	for _, e := range events {
		lines = append(lines, e.Actor+" "+e.Subject+" "+string(e.Detail))
		if strings.Contains(string(e.Detail), secret) || !json.Valid(e.Detail) {
			w.t.Errorf("%s: detail %s, want JSON without a secret", kind, e.Detail)
		}
	}
	return lines
}

// from returns the context of a request from an address.
func from(ctx context.Context, ip string) context.Context {
	return reqctx.With(ctx, &reqctx.Info{ID: "r", IP: netip.MustParseAddr(ip)})
}
