package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/sqlstore"
)

const issuer = "https://id.example"

// rig is the service on empty back-ends, with one user and two clients.
type rig struct {
	// resources are those for which start begins a session.
	resources []string
	*session.Service
	db   *sqlstore.DB
	log  bytes.Buffer
	now  atomic.Int64 // Unix nanoseconds
	ann  store.User
	shop store.Client
	spa  store.Client
	// redis is the URL of Redis; empty: the service has none.
	redis string
}

func (g *rig) clock() time.Time        { return time.Unix(0, g.now.Load()).UTC() }
func (g *rig) advance(d time.Duration) { g.now.Add(int64(d)) }

// open returns the rig on SQLite.
func open(t *testing.T) *rig {
	t.Helper()
	return openOn(t, testdb.Ready(t), "")
}

// onEveryStore runs a test on each available combination of back-ends.
func onEveryStore(t *testing.T, test func(*testing.T, *rig)) {
	t.Run("SQLite", func(t *testing.T) { test(t, open(t)) })
	t.Run("MariaDB", func(t *testing.T) { test(t, openOn(t, testdb.MySQL(t), "")) })
	t.Run("MariaDB and Redis", func(t *testing.T) { test(t, openOn(t, testdb.MySQL(t), testdb.Redis(t))) })
}

// openOn returns the rig on a database and, unless its URL is empty, a Redis.
func openOn(t *testing.T, dsn, redis string) *rig {
	t.Helper()
	g := &rig{}
	g.now.Store(time.Date(2026, 11, 3, 12, 0, 0, 250_000_000, time.UTC).UnixNano())
	log := slog.New(slog.NewTextHandler(&g.log, nil))
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: g.clock, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: g.clock, Log: log,
		PublishLead: time.Hour, VerifyFor: 91 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	g.db = db
	ends := &ending.Service{DB: db, Rotations: db.Rotations(), Now: g.clock, Log: log}
	catalog := &apis.Catalog{Store: db, Audience: issuer, Now: g.clock}
	g.Service = &session.Service{
		Ends: ends,
		DB:   db, Rotations: db.Rotations(), Keys: ring,
		Clients:  &client.Cache{Store: db, Now: g.clock},
		APIs:     catalog,
		Minter:   &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: g.clock},
		Verifier: &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: g.clock},

		Inspectors: session.Inspectors{Audience: issuer, APIs: catalog},
		Lifetimes:  session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 14 * 24 * time.Hour, RefreshAbsolute: 90 * 24 * time.Hour},
		Grace:      10 * time.Second, Now: g.clock, Log: log,
	}
	if redis != "" {
		moving, err := redisstore.Open(t.Context(), redisstore.Options{Installation: "TEST", URL: redis, Log: log})
		if err != nil {
			t.Fatalf("opening the Redis store: %v", err)
		}
		t.Cleanup(func() { _ = moving.Close() })
		g.redis = redis
		g.Rotations, ends.Rotations, g.TouchEvery = moving, moving, time.Minute
		g.Record = db.Rotations()
	}
	g.populate(t)
	return g
}

func (g *rig) populate(t *testing.T) {
	t.Helper()
	g.ann = store.User{
		Sub: "6f1f64c5-7d6c-4c0e-9d55-0c6f3b1f5f01", Username: "ann", UsernameKey: "ann",
		Email: "ann@example.com", EmailKey: "ann@example.com", Role: store.RoleUser, Active: true,
		PasswordHash: "$argon2id$first", JoinedAt: g.clock(),
	}
	g.shop = store.Client{
		ID: "shop", Name: "Shop", AuthMethod: store.SecretBasic, GrantTypes: grant.Names(), Scope: "openid account users:read",
		Secrets: []store.ClientSecret{{Digest: store.DigestOf("s"), CreatedAt: g.clock()}}, CreatedAt: g.clock(), UpdatedAt: g.clock(),
	}
	g.spa = store.Client{
		ID: "spa", Name: "Page", AuthMethod: store.NoSecret, GrantTypes: grant.Names(), Scope: "openid account",
		CreatedAt: g.clock(), UpdatedAt: g.clock(),
	}
	g.write(t, func(tx store.Tx) (err error) {
		if g.ann.ID, err = tx.CreateUser(g.ann); err != nil {
			return err
		}
		return errors.Join(tx.CreateClient(g.shop), tx.CreateClient(g.spa))
	})
}

func (g *rig) write(t *testing.T, f func(store.Tx) error) {
	t.Helper()
	if err := g.db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the database: %v", err)
	}
}

func (g *rig) change(t *testing.T, c store.UserChange) {
	t.Helper()
	g.write(t, func(tx store.Tx) error { return tx.UpdateUser(g.ann.ID, c) })
}

func (g *rig) delete(t *testing.T) {
	t.Helper()
	g.write(t, func(tx store.Tx) error { return tx.DeleteUser(g.ann.ID) })
}

// proof returns a proof of ann as of now.
func (g *rig) proof() signin.Proof { return signin.Password(g.ann, signin.ByPassword, g.clock()) }

// start signs ann in at the shop.
func (g *rig) start(t *testing.T) (token.Set, store.Session) {
	t.Helper()
	set, err := g.Begin(t.Context(), g.proof(), g.shop, apis.Grant{Scope: "openid account", Resources: g.resources}, apis.Asked{})
	if err != nil {
		t.Fatalf("beginning a session: %v", err)
	}
	return set.Set, set.Session
}

func (g *rig) refresh(t *testing.T, raw string) (token.Set, error) {
	t.Helper()
	set, err := g.Refresh(t.Context(), g.shop, raw, apis.Asked{})
	return set.Set, err
}

func (g *rig) mustRefresh(t *testing.T, raw string) token.Set {
	t.Helper()
	set, err := g.refresh(t, raw)
	if err != nil {
		t.Fatalf("refreshing the tokens: %v", err)
	}
	return set
}

// audited returns the kinds of the events about a session, oldest first.
func (g *rig) audited(t *testing.T, sid string) []string {
	t.Helper()
	events, err := g.db.ListAudit(t.Context(), store.AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatalf("listing the audit events: %v", err)
	}
	var kinds []string
	for _, e := range slices.Backward(events) {
		if e.SessionID == sid {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// reuse returns the detail of a session's token.reused.
func (g *rig) reuse(t *testing.T, sid string) audit.TokenReused {
	t.Helper()
	events, err := g.db.ListAudit(t.Context(), store.AuditQuery{Kind: audit.TokenReused{}.Kind(), Limit: 1000})
	if err != nil {
		t.Fatalf("listing the audit events: %v", err)
	}
	var detail audit.TokenReused
	for _, e := range events {
		if e.SessionID != sid {
			continue
		}
		if err := json.Unmarshal(e.Detail, &detail); err != nil {
			t.Fatalf("reading the detail of the event: %v", err)
		}
	}
	return detail
}

// dead fails unless both tokens of the set are void.
func (g *rig) dead(t *testing.T, set token.Set) {
	t.Helper()
	if _, _, err := g.Authenticate(t.Context(), set.AccessToken); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("access token: err = %v, want ErrInvalid", err)
	}
	if _, err := g.refresh(t, set.RefreshToken); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("refresh token: err = %v, want ErrInvalid", err)
	}
	for _, raw := range []string{set.AccessToken, set.RefreshToken} {
		if found, err := g.Inspect(t.Context(), g.shop, raw); err != nil || !cmp.Equal(found, session.Inspection{}) {
			t.Errorf("introspection: %v, and it differs (-want +got):\n%s", err, cmp.Diff(session.Inspection{}, found))
		}
	}
}
