package inspect_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/client"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/inspect"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const (
	issuer  = "https://id.example"
	orders  = "https://orders.example"
	billing = "https://billing.example"
)

// A rig has a person, an app and two APIs, on a real store and with real keys.
type rig struct {
	*testing.T
	inspect.Inspector
	sessions *session.Service
	db       *sqlstore.DB
	ring     *keys.Ring
	now      time.Time
	ann      store.User
	shop     store.Client
}

func (g *rig) clock() time.Time { return g.now }

func open(t *testing.T) *rig {
	t.Helper()
	g := &rig{T: t, now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	var err error
	if g.db, err = sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: g.clock, Log: log}); err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = g.db.Close() })
	if err := g.db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	g.ring, err = keys.Open(t.Context(), keys.Options{
		Store: g.db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: g.clock, Log: log, PublishLead: time.Hour, VerifyFor: 91 * 24 * time.Hour, Remember: token.TypeAccess,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(g.ring.Close)
	registry, catalog := &client.Cache{Store: g.db, Now: g.clock}, &apis.Catalog{Store: g.db, Audience: issuer, Now: g.clock}
	verify := &token.Verifier{Keys: g.ring, Issuer: issuer, Audience: issuer, Now: g.clock}
	g.sessions = &session.Service{
		DB: g.db, Rotations: g.db.Rotations(), Keys: g.ring, Clients: registry, APIs: catalog, Verifier: verify, Now: g.clock, Log: log,
		Ends:      &ending.Service{DB: g.db, Rotations: g.db.Rotations(), Now: g.clock, Log: log},
		Minter:    &token.Minter{Keys: g.ring, Issuer: issuer, Audience: issuer, Now: g.clock},
		Lifetimes: session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 24 * time.Hour, RefreshAbsolute: 90 * 24 * time.Hour},
	}
	g.Inspector = inspect.Inspector{Keys: g.ring, Tokens: verify, Sessions: g.sessions, Store: g.db, Apps: registry, APIs: catalog, Issuer: issuer, Now: g.clock}
	g.populate()
	return g
}

func (g *rig) populate() {
	g.Helper()
	g.ann = store.User{Sub: "6f1f64c5-7d6c-4c0e-9d55-0c6f3b1f5f01", Username: "ann", UsernameKey: "ann", Email: "ann@example.com", EmailKey: "ann@example.com", Role: store.RoleStaff, Active: true, PasswordHash: "x", JoinedAt: g.now}
	g.shop = store.Client{
		ID: "shop", Name: "Shop", AuthMethod: store.NoSecret, GrantTypes: grant.Names(),
		Scope: "openid account " + orders + "#orders:read " + billing + "#pay", CreatedAt: g.now, UpdatedAt: g.now,
	}
	err := g.db.Write(g.Context(), func(tx store.Tx) (err error) {
		if g.ann.ID, err = tx.CreateUser(g.ann); err != nil {
			return err
		}
		if err := tx.LockAPIs(); err != nil {
			return err
		}
		return errors.Join(tx.CreateClient(g.shop),
			tx.CreateAPI(store.API{ID: "orders", Identifier: orders, Name: "Orders", Scopes: []store.APIScope{{Name: "orders:read", Description: "See your orders"}}, Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, CreatedAt: g.now, UpdatedAt: g.now}),
			tx.CreateAPI(store.API{ID: "billing", Identifier: billing, Name: "Billing", Scopes: []store.APIScope{{Name: "pay", Description: "Pay"}}, Clients: store.ClientsRegistered, TokenType: store.TokenTypeJWT, CreatedAt: g.now, UpdatedAt: g.now}))
	})
	if err != nil {
		g.Fatalf("filling the database: %v", err)
	}
}

// start signs ann in at the shop, for an API.
func (g *rig) start(resource string) session.Set {
	g.Helper()
	proof := signin.Password(g.ann, signin.ByPassword, g.now)
	set, err := g.sessions.Begin(g.Context(), proof, g.shop, apis.Grant{Scope: "openid account " + orders + "#orders:read " + billing + "#pay"}, apis.Asked{Resources: []string{resource}})
	if err != nil {
		g.Fatalf("beginning a session: %v", err)
	}
	return set
}

// inspect judges a token as an API would; empty: the one that it names.
func (g *rig) inspect(raw, api string, scope string) inspect.Report {
	g.Helper()
	r, err := g.Inspect(g.Context(), inspect.Question{Token: raw, Audience: api, Scope: scopeOf(scope)})
	if err != nil {
		g.Fatalf("inspecting: %v, want a report", err)
	}
	return r
}

type claims map[string]any

// changed signs the claims of a token again with the real key, with changes; nil removes one.
func (g *rig) changed(raw, typ string, changes claims) string {
	g.Helper()
	all := claims{}
	part, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	if err == nil {
		err = json.Unmarshal(part, &all)
	}
	if err != nil {
		g.Fatalf("reading the claims of a token: %v", err)
	}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	signed, err := g.ring.Sign(g.Context(), store.RS256, typ, all)
	if err != nil {
		g.Fatalf("signing: %v", err)
	}
	return signed
}

// reheaded returns the token with another header, signed anew by sign.
func reheaded(raw, header string, sign func(input string) []byte) string {
	input := encoded([]byte(header)) + "." + strings.Split(raw, ".")[1]
	return input + "." + encoded(sign(input))
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func random(string) []byte {
	b := make([]byte, 256)
	_, _ = rand.Read(b)
	return b
}

// byHMAC signs with the public key of the ring as a secret (RFC 8725 §2.1).
func (g *rig) byHMAC() func(string) []byte {
	g.Helper()
	document, err := g.ring.JWKS(g.Context())
	var set struct {
		Keys []struct{ N string }
	}
	if err == nil {
		err = json.Unmarshal(document.Body, &set)
	}
	if err != nil {
		g.Fatalf("reading the public key: %v", err)
	}
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		g.Fatalf("reading the public key: %v", err)
	}
	key := &rsa.PublicKey{N: bigOf(n), E: 65537}
	secret := x509.MarshalPKCS1PublicKey(key)
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}
