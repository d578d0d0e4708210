package document_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/client/document"
	"gatehouse/internal/grant"
	"gatehouse/internal/outbound"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A host serves documents over TLS on this machine.
type host struct {
	*httptest.Server
	asked atomic.Int32

	mu    sync.Mutex
	serve map[string]http.HandlerFunc
}

func openHost(t *testing.T) *host {
	t.Helper()
	h := &host{serve: map[string]http.HandlerFunc{}}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		h.mu.Lock()
		serve := h.serve[r.URL.Path]
		h.mu.Unlock()
		if serve == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		serve(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) on(path string, serve http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serve[path] = serve
}

// id returns the URL of a path, at the name that the certificate is for.
func (h *host) id(path string) string { return h.URL + path }

// publish serves a document with these members besides its client_id, and returns its URL. The header is
// for Cache-Control.
func (h *host) publish(path, members, cache string) string {
	id := h.id(path)
	h.on(path, document200(fmt.Sprintf(`{"client_id":%q,%s}`, id, members), cache))
	return id
}

func document200(text, cache string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if cache != "" {
			w.Header().Set("Cache-Control", cache)
		}
		_, _ = w.Write([]byte(text))
	}
}

// plain are the members of a public client.
const plain = `"client_name":"Tidewater","redirect_uris":["http://127.0.0.1/cb"],"grant_types":["authorization_code","refresh_token"]`

// A world is a replica: the service on a database.
type world struct {
	*document.Service
	db *sqlstore.DB
	*host
	now *atomic.Int64
}

func open(t *testing.T) *world {
	t.Helper()
	now := &atomic.Int64{}
	now.Store(time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC).UnixMilli())
	return openOn(t, testdb.Ready(t), openHost(t), now)
}

func openOn(t *testing.T, dsn string, h *host, now *atomic.Int64) *world {
	t.Helper()
	w := &world{host: h, now: now}
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: w.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	w.db = db
	w.Service = &document.Service{
		DB: db, Clients: &client.Cache{Store: db, Now: w.clock}, Rules: &client.Service{Grants: grant.Types()}, HTTP: h.caller(outbound.Options{Loopback: true}),
		Limits: &throttle.Limiter{Store: db.Throttles(), Fallback: throttle.NewMemory(w.clock), Rules: throttle.DefaultRules(), Now: w.clock, Log: slog.New(slog.DiscardHandler)},
		Switch: &document.Switch{Mode: document.Auto, APIs: openAPIs{}, Now: w.clock}, Issuer: "https://id.example", Audience: "https://api.example/ours", Now: w.clock,
	}
	return w
}

// caller returns the client that trusts the host's certificate.
func (h *host) caller(o outbound.Options) *http.Client {
	o.Roots = x509.NewCertPool()
	o.Roots.AddCert(h.Certificate())
	return outbound.Client(o)
}

// openAPIs is a record with an API that is open to all.
type openAPIs struct{}

func (openAPIs) APIsOpenToAll(context.Context) (bool, error) { return true, nil }

func (w *world) clock() time.Time        { return time.UnixMilli(w.now.Load()).UTC() }
func (w *world) advance(d time.Duration) { w.now.Add(d.Milliseconds()) }

// from returns the context of a request from an address.
func from(t *testing.T, address string) context.Context {
	t.Helper()
	return reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr(address)})
}

// mustFind returns a client that is found.
func (w *world) mustFind(t *testing.T, id string) document.Found {
	t.Helper()
	found, err := w.Find(from(t, "192.0.2.7"), id)
	if err != nil {
		t.Fatalf("finding %s: %v", id, err)
	}
	return found
}

// rows returns how many clients are on record.
func (w *world) rows(t *testing.T) int64 {
	t.Helper()
	n, err := w.db.CountClients(t.Context())
	if err != nil {
		t.Fatalf("counting the clients: %v", err)
	}
	return n
}

func (w *world) write(t *testing.T, f func(store.Tx) error) {
	t.Helper()
	if err := w.db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the store: %v", err)
	}
}
