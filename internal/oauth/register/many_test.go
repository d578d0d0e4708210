package register_test

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/register"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/store/sqlstore"
)

const issuer = "https://id.example"

// replica opens a server on the database.
func replica(t *testing.T, dsn string) (*register.Endpoint, *client.Service) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: time.Now, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	apps := &client.Service{
		DB: db, Ends: &ending.Service{DB: db, Rotations: db.Rotations(), Now: time.Now, Log: log}, Grants: grant.Types(), Now: time.Now, Log: log,
		APIs: &apis.Service{DB: db, Issuer: issuer, Audience: issuer, Now: time.Now},
	}
	limits := &throttle.Limiter{Store: db.Throttles(), Fallback: throttle.NewMemory(time.Now), Rules: throttle.DefaultRules(), Now: time.Now, Log: log}
	return &register.Endpoint{Clients: apps, Limits: limits, Open: true, Address: issuer + register.Path}, apps
}

// atOnce registers by as many callers as given, from one network, at both replicas, and
// returns how many succeeded. The others must be refused as told.
func atOnce(t *testing.T, callers int, token string, refused func(error) bool, replicas ...*register.Endpoint) int {
	t.Helper()
	ctx := reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr("192.0.2.7")})
	m := client.Metadata{Input: client.Input{RedirectURIs: fields.Listed("https://app.example/cb")}}
	var succeeded atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			_, err := replicas[i%len(replicas)].Register(ctx, m, token)
			if err == nil {
				succeeded.Add(1)
			} else if !refused(err) {
				t.Errorf("caller %d: %v, want success or the refusal", i, err)
			}
		})
	}
	wg.Wait()
	return int(succeeded.Load())
}

func onBoth(t *testing.T, test func(t *testing.T, dsn string)) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) { test(t, dsn(t)) })
	}
}

// TestANetworkAtOnce: of many callers in one network, no more register than may in an hour.
func TestANetworkAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		first, apps := replica(t, dsn)
		second, _ := replica(t, dsn)
		limited := func(err error) bool { _, is := errors.AsType[*throttle.Limited](err); return is }
		if n := atOnce(t, 60, "", limited, first, second); n != 20 {
			t.Errorf("%d of 60 registered, want 20", n)
		}
		if n, err := apps.DB.CountClients(t.Context()); n != 20 || err != nil {
			t.Errorf("%d apps, %v; want 20", n, err)
		}
	})
}

// TestATokenAtOnce: of many callers with one token, no more register than it allows.
func TestATokenAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		first, apps := replica(t, dsn)
		second, _ := replica(t, dsn)
		_, token, err := apps.NewRegistrationToken(t.Context(), authz.Operator, time.Hour, 7)
		if err != nil {
			t.Fatalf("making a token: %v", err)
		}
		bad := func(err error) bool { return errors.Is(err, client.ErrRegistrationToken) }
		if n := atOnce(t, 40, token, bad, first, second); n != 7 {
			t.Errorf("%d of 40 registered, want 7", n)
		}
		if n, err := apps.DB.CountClients(t.Context()); n != 7 || err != nil {
			t.Errorf("%d apps, %v; want 7", n, err)
		}
	})
}
