package interop_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/keys"
	"gatehouse/store/sqlstore"
)

// The API of the documentation, as its AUDIENCE, and another API of the same issuer.
const (
	orders  = "https://orders.example.com"
	billing = "https://billing.example.com"
)

// A publisher is a site behind an address that counts how often the keys are fetched, and
// that can fail. This address is its issuer.
type publisher struct {
	*site
	behind  http.Handler
	fetched atomic.Int64
	down    atomic.Bool
	ring    *keys.Ring
	// counter signs people in, and nightly acts for itself.
	counter, nightly app
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/.well-known/jwks.json" {
		p.fetched.Add(1)
	}
	if p.down.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	p.behind.ServeHTTP(w, r)
}

// publish opens a site that has the API of the documentation.
func publish(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{}
	front := httptest.NewUnstartedServer(p)
	issuer := "http://" + front.Listener.Addr().String()
	p.site = open(t, "GATEHOUSE_ISSUER="+issuer)
	target, err := url.Parse(p.issuer)
	if err != nil {
		t.Fatalf("parsing the address: %v", err)
	}
	p.issuer, p.behind = issuer, httputil.NewSingleHostReverseProxy(target)
	front.Start()
	t.Cleanup(front.Close)
	p.populate(t)
	p.ring = p.openRing(t)
	return p
}

func (p *publisher) populate(t *testing.T) {
	t.Helper()
	p.registerAPI(t, "orders", orders, "orders:read", "orders:write")
	p.registerAPI(t, "billing", billing, "billing:pay")
	var root json.RawMessage
	p.run(t, p.password+"\n", &root, "user", "create", "--username", "root", "--email", "root@people.example", "--role", "admin", "--password-stdin", "--json")
	p.run(t, "", &p.counter, "client", "create", "--json", "--name", "Counter", "--grant", "password", "--grant", "refresh_token", "--scope", "openid orders:read orders:write billing:pay")
	p.run(t, "", &p.nightly, "client", "create", "--json", "--name", "Nightly", "--grant", "client_credentials", "--scope", "orders:read")
}

// openRing opens the site's own keys, for tokens that the server never makes.
func (p *publisher) openRing(t *testing.T) *keys.Ring {
	t.Helper()
	master, err := keys.ParseMasterKey(p.masterKey)
	if err != nil {
		t.Fatalf("reading the master key: %v", err)
	}
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + filepath.Join(p.folder, "gatehouse.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ring, err := keys.Open(t.Context(), keys.Options{Store: db, Masters: keys.MasterKeys{master}, Now: time.Now, PublishLead: time.Hour, VerifyFor: time.Hour})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	return ring
}
