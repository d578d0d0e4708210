package system_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	_ "gatehouse/store/sqlstore" // registers the driver with which testdb queries MariaDB
)

// A site is one back-end and the servers on it.
type site struct {
	folder   string
	settings []string
	// program is the binary of another version, for what is started next; empty: this one.
	program string
	vault   *testkit.Vault
	// a and b are two servers on it.
	a, b *process
	// root is the administrator as whom the tests act.
	root       person
	rootAccess string
	// shop is an app for people, and watch a resource server that introspects tokens.
	shop, watch app
	networks    *atomic.Int32
}

// A backend is a kind of back-end.
type backend struct {
	name     string
	settings func(t *testing.T) []string
}

func backends() []backend {
	return []backend{
		{"SQLite", func(*testing.T) []string { return nil }},
		{"MariaDB", onMariaDB},
		{"MariaDB and Redis", func(t *testing.T) []string {
			return append(onMariaDB(t), "GATEHOUSE_REDIS="+testdb.Redis(t))
		}},
	}
}

func onMariaDB(t *testing.T) []string { return []string{"GATEHOUSE_DATABASE=" + testdb.MySQL(t)} }

// grace is short, so that a test can wait for its end, but long enough for 50 callers
// on a busy machine.
const grace = "GATEHOUSE_REFRESH_GRACE=6s"

// newSite makes a site without a server. Unless settings name a database, the first
// server makes a SQLite file and a master key file.
func newSite(t *testing.T, settings ...string) *site {
	t.Helper()
	s := &site{folder: testdb.Folder(t), vault: &testkit.Vault{}, networks: &atomic.Int32{}}
	s.settings = append([]string{
		"GATEHOUSE_ADDR=127.0.0.1:0",
		"GATEHOUSE_LOG_LEVEL=debug",
		"GATEHOUSE_METRICS_ADDR=main",
		"GATEHOUSE_TRUSTED_PROXIES=127.0.0.1/32", // so that requests can come from any address
		"GATEHOUSE_PASSWORD_MEMORY_KIB=7168", "GATEHOUSE_PASSWORD_ITERATIONS=5",
		grace,
	}, settings...)
	if strings.Contains(strings.Join(settings, " "), "GATEHOUSE_DATABASE=mysql") {
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		s.settings = append(s.settings, "GATEHOUSE_MASTER_KEY="+s.vault.Keep(base64.StdEncoding.EncodeToString(key)))
	}
	return s
}

// open starts a pair of servers, and registers an administrator and two apps from
// the command line.
func open(t *testing.T, settings ...string) *site {
	t.Helper()
	s := newSite(t, settings...)
	s.a, s.b = s.start(t, "A"), s.start(t, "B")
	s.root = s.create(t, "root", "admin")
	s.register(t)
	return s
}

func (s *site) register(t *testing.T) {
	t.Helper()
	s.shop = s.registerApp(t, "--id", "shop", "--name", "Shop", "--grant", "password", "--grant", "refresh_token",
		"--scope", "openid account users:read users:write clients")
	s.watch = s.registerApp(t, "--id", "watch", "--name", "Watch", "--grant", "client_credentials", "--scope", "users:read")
}

func (s *site) registerApp(t *testing.T, args ...string) app {
	t.Helper()
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	read(t, s.run(t, "", append([]string{"client", "create", "--json"}, args...)...), &made)
	return app{made.ID, s.vault.Keep(made.Secret)}
}

// create makes a person from the command line.
func (s *site) create(t *testing.T, name, role string) person {
	t.Helper()
	p := person{name: name, password: s.vault.Secret("password")}
	read(t, s.run(t, p.password+"\n", "user", "create", "--username", name, "--email", name+"@people.example",
		"--role", role, "--password-stdin", "--json"), &p)
	return p
}

// people returns the people whom the command line lists.
func (s *site) people(t *testing.T) []person {
	t.Helper()
	return readLines[person](t, s.run(t, "", "user", "list", "--json"))
}

// pair returns the two servers.
func (s *site) pair() []*process { return []*process{s.a, s.b} }

// of returns the server for caller i; they take turns.
func (s *site) of(i int) *process { return s.pair()[i%2] }

// network returns an address in a network that has not been used yet.
func (s *site) network() string {
	n := s.networks.Add(1)
	return fmt.Sprintf("10.%d.%d.7", n/256, n%256)
}

func read(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("reading the answer %s: %v", text, err)
	}
}

// readLines reads JSON values that follow each other.
func readLines[T any](t *testing.T, text string) []T {
	t.Helper()
	var list []T
	for values := json.NewDecoder(strings.NewReader(text)); values.More(); {
		var v T
		if err := values.Decode(&v); err != nil {
			t.Fatalf("reading the lines %s: %v", text, err)
		}
		list = append(list, v)
	}
	return list
}
