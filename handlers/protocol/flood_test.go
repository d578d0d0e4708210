package protocol_test

import (
	"database/sql"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/sweep"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

// A flood is one unauthenticated route that stores something, with what one network can
// leave behind there.
type flood struct {
	table string
	send  func(t *testing.T, s *site) answer
	// life is how long a row is open, and most how many rows there are at any time.
	life time.Duration
	most int
}

// TestAFloodLeavesLittleBehind sends each route as much as it takes, and sweeps as the
// server does, until twenty-five minutes later, when what came first has been swept and
// the number of rows no longer grows.
func TestAFloodLeavesLittleBehind(t *testing.T) {
	testkit.Long(t)
	for path, f := range map[string]flood{
		"/oauth/par": {"pushed_requests", func(t *testing.T, s *site) answer {
			return s.push(t, "spa", asking("spa", "state", strings.Repeat("x", 5000)))
		}, 90 * time.Second, 12 * 300},
		"/oauth/device_authorization": {"device_grants", func(t *testing.T, s *site) answer {
			return s.post(t, "/oauth/device_authorization", asWeb("cli"), "scope", "openid email")
		}, 10 * time.Minute, 2 * 1000},
	} {
		t.Run(path, func(t *testing.T) { f.run(t) })
	}
}

func (f flood) run(t *testing.T) {
	dsn := testdb.Ready(t)
	s := openOn(t, dsn)
	s.addWebApps(t)
	raw := testdb.Raw(t, dsn)
	for begun := s.clock(); s.clock().Sub(begun) < 25*time.Minute; s.advance(f.life) {
		a := f.send(t, s)
		for sent := 0; a.status < 300 && sent < f.most; sent++ {
			a = f.send(t, s)
		}
		wantLater(t, a)
		for _, table := range sweep.Tables(s.db, s.db.Throttles(), time.Hour, time.Hour) {
			for n := int64(1000); n == 1000 && table.Name == f.table; {
				var err error
				if n, err = table.Sweep(t.Context(), s.clock(), 1000); err != nil {
					t.Fatalf("sweeping %s: %v", f.table, err)
				}
			}
		}
		var rows int
		if err := raw.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+f.table).Scan(&rows); err != nil || rows > f.most {
			t.Fatalf("%d rows after %s, %v, want at most %d", rows, s.clock().Sub(begun), err, f.most)
		}
	}
}

// wantLater fails unless the answer says when to come again (RFC 6585 §4).
func wantLater(t *testing.T, a answer) {
	t.Helper()
	refused(t, a, http.StatusTooManyRequests, "temporarily_unavailable")
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("Retry-After = %q, want some seconds", a.header.Get("Retry-After"))
	}
}

// RFC 9126 §2.3 answers a request that is too large with 413. The refusal names the bound.
func TestAPushNamesItsBound(t *testing.T) {
	s := openWeb(t)
	a := s.push(t, "spa", asking("spa", "state", strings.Repeat("x", 15_500)))
	refused(t, a, http.StatusRequestEntityTooLarge, "invalid_request")
	if !strings.Contains(a.text("error_description"), "at most 6144") {
		t.Errorf("description = %q, want one that names 6144 bytes", a.text("error_description"))
	}
}

// TestAppsThatRegisterThemselvesLeaveLittleBehind registers as many as one network may,
// hour after hour, and sweeps as the server does. Every second one deletes itself.
func TestAppsThatRegisterThemselvesLeaveLittleBehind(t *testing.T) {
	testkit.Long(t)
	dsn := testdb.Ready(t)
	s := openOn(t, dsn)
	apps, raw := s.wireRegistration(true), testdb.Raw(t, dsn)
	before, full := s.countRows(t, raw, "clients"), false
	for hour := range 50 {
		a := s.register(t, "", desktop())
		for sent := 1; a.status == http.StatusCreated && sent <= 20; sent++ {
			if sent%2 == 0 {
				s.manage(t, http.MethodDelete, a, "")
			}
			a = s.register(t, "", desktop())
		}
		refused(t, a, http.StatusTooManyRequests, "temporarily_unavailable")
		full = full || a.header.Get("Retry-After") == "600"
		if _, err := apps.SweepUnused(t.Context(), s.clock(), 500); err != nil {
			t.Fatalf("sweeping the apps: %v", err)
		}
		if n := s.countRows(t, raw, "clients") - before; n > 100 {
			t.Fatalf("%d apps after %d hours, want at most 100", n, hour)
		}
		s.advance(time.Hour)
	}
	if !full {
		t.Error("the network never had as many apps as it may, want the bound tested")
	}
	for _, table := range []string{"generations", "pending_ends", "sessions"} {
		if n := s.countRows(t, raw, table); n != 0 {
			t.Errorf("%d rows in %s, want none of apps that nobody used", n, table)
		}
	}
}

func (s *site) countRows(t *testing.T, raw *sql.DB, table string) (n int) {
	t.Helper()
	if err := raw.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatalf("counting the rows of %s: %v", table, err)
	}
	return n
}
