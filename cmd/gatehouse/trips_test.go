package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// TestNoEndpointAsksTheDatabaseMoreOften counts the round trips to MariaDB, which are
// most of what an answer waits for. A number that has grown needs a reason.
func TestNoEndpointAsksTheDatabaseMoreOften(t *testing.T) {
	server, redis := testdb.StartMySQL(t), testdb.Redis(t)
	g := openGate(t, func(c *config.Config) {
		c.Database, c.Redis = config.NewSecret(server.DSN), config.NewSecret(redis)
		c.PasswordMemoryKiB, c.PasswordIterations = 64, 1 // otherwise a slow machine reads the app from the database each time
		c.MasterKey = config.NewSecret(base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32]))
	})
	g.shop("robot", func(c *store.Client) {
		c.GrantTypes, c.Scope = []string{"client_credentials", "password", "refresh_token"}, "openid account"
	})
	v := g.visitor()
	set := g.redeem(v.code())
	access, refresh := set["access_token"].(string), set["refresh_token"].(string)
	account := g.asApp("robot", "/oauth/token", "grant_type", "password", "username", "ann", "password", secretPhrase)["access_token"]
	get := func(path, token string) func() {
		return func() {
			if got := (&crowd{app: g.app}).call(http.MethodGet, path, token); got.Code != http.StatusOK {
				t.Errorf("%s: %d %s, want 200", path, got.Code, got.Body)
			}
		}
	}
	post := func(path string, pairs ...string) func() {
		return func() {
			if got := g.asApp("robot", path, pairs...); got["error"] != nil {
				t.Errorf("%s %v: answered %v, want no error", path, pairs, got)
			}
		}
	}
	var codes []string
	for range goes {
		codes = append(codes, v.code())
	}
	asked := questions(t, server)
	nothing := fewest(t, asked, func() {})
	for _, c := range []struct {
		name string
		want int64
		ask  func()
	}{
		{"JWKS", 0, get("/.well-known/jwks.json", "")},
		{"discovery", 0, get("/.well-known/openid-configuration", "")},
		{"client_credentials", 0, post("/oauth/token", "grant_type", "client_credentials")},
		{"introspection", 1, post("/oauth/introspect", "token", access)},
		{"userinfo", 1, get("/oauth/userinfo", access)},
		{"profile", 1, get("/api/accounts/profile/", account.(string))},
		{"refresh", 1, func() {
			refresh = g.tokens(http.StatusOK, "grant_type", "refresh_token", "refresh_token", refresh)["refresh_token"].(string)
		}},
		{"authorize with session", 3, func() { v.get(ask()).leads(shopURI) }},
		{"code exchange", 7, func() { g.redeem(codes[0]); codes = codes[1:] }},
		{"password grant", 6, post("/oauth/token", "grant_type", "password", "username", "ann", "password", secretPhrase)},
		{"login", 6, func() {
			r := httptest.NewRequest(http.MethodPost, "http://x/api/accounts/login/", strings.NewReader(`{"username":"ann","password":"`+secretPhrase+`"}`))
			r.Header.Set("Content-Type", "application/json")
			if got := (&crowd{app: g.app}).serve(r); got.Code != http.StatusOK {
				t.Errorf("login: %d %s, want 200", got.Code, got.Body)
			}
		}},
	} {
		if got := fewest(t, asked, c.ask) - nothing; got != c.want {
			t.Errorf("%s: %d round trips, want %d", c.name, got, c.want)
		}
	}
}

// goes is how often each request is made. The fewest trips count, so that the server's
// background work and its reading of an app every second do not.
const goes = 6

// fewest returns the smallest increase of asked over several calls of ask.
func fewest(t *testing.T, asked func() int64, ask func()) int64 {
	t.Helper()
	least := int64(math.MaxInt64)
	for range goes {
		before := asked()
		ask()
		least = min(least, asked()-before)
	}
	return least
}

// questions returns a function that reads the database server's counter of queries. The
// counter includes the reading itself.
func questions(t *testing.T, server *testdb.MySQLServer) func() int64 {
	t.Helper()
	pool, err := sql.Open("mysql", server.RootDSN())
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	return func() int64 {
		var n int64
		err := pool.QueryRowContext(t.Context(), "SELECT SUM(variable_value) FROM information_schema.global_status"+
			" WHERE variable_name IN ('QUESTIONS', 'COM_STMT_PREPARE')").Scan(&n)
		if err != nil {
			t.Fatalf("reading the row: %v", err)
		}
		return n
	}
}
