package faults_test

import (
	crand "crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	_ "gatehouse/store/sqlstore" // registers the drivers with which the rig queries the databases
)

// A site is replicas behind a balancer, and their back-ends.
type site struct {
	t        *testing.T
	folder   string
	settings []string
	vault    *testkit.Vault
	// program, if set, runs in place of the binary of this version.
	program string

	issuer   string // the balancer
	replicas []*replica
	// mysql is nil on SQLite. Each replica reaches it, and Redis, through its own link.
	mysql           *testdb.MySQLServer
	redis           *testdb.RedisServer
	toSQL, toRedis  []*link
	mu              sync.Mutex
	transports      []*http.Transport // of all callers
	strangers       *http.Transport
	root            person
	shop, web       app
	tv, watch       app
	history         history
	verifier        *verifier
	networks, turns atomic.Int32
	// twins is set while apps may refresh twice at once with one token.
	twins   atomic.Bool
	closing atomic.Bool
	// memoryLost are the moments at which Redis lost its data.
	memoryLost []time.Time
	complaints []string
}

// grace is long: a shorter outage whose beginning swallowed an answer must not cost
// anybody a session.
const grace = "GATEHOUSE_REFRESH_GRACE=60s"

// newSite makes a site without replicas. It is on SQLite unless onMySQL is called.
func newSite(t *testing.T, settings ...string) *site {
	t.Helper()
	s := &site{t: t, folder: t.TempDir(), vault: &testkit.Vault{}, issuer: "http://" + testkit.FreeAddress(t)}
	s.strangers = &http.Transport{MaxIdleConnsPerHost: 100, DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext}
	s.transports = []*http.Transport{s.strangers}
	s.verifier = &verifier{site: s}
	s.settings = append([]string{
		"GATEHOUSE_ISSUER=" + s.issuer,
		"GATEHOUSE_TRUSTED_PROXIES=127.0.0.1/32", // the balancer's, and the rig's own
		"GATEHOUSE_PASSWORD_MEMORY_KIB=7168", "GATEHOUSE_PASSWORD_ITERATIONS=5",
		"GATEHOUSE_MASTER_KEY=" + s.masterKey(),
		"GATEHOUSE_DRAIN_DELAY=3s",
		"GATEHOUSE_SIGNUP_FREE=1000000", // newcomers sign up all the time
		"GATEHOUSE_MAX_SESSIONS=0",      // and the same few people sign in
		grace,
	}, settings...)
	t.Cleanup(s.repeat) // registered first, so it runs last
	t.Cleanup(s.hangUp)
	return s
}

// masterKey makes a master key.
func (s *site) masterKey() string {
	key := make([]byte, 32)
	_, _ = crand.Read(key) // it never fails
	return s.vault.Keep(base64.StdEncoding.EncodeToString(key))
}

// onMySQL gives the site a MariaDB of its own, with further options, and n replicas.
func (s *site) onMySQL(n int, options ...string) {
	s.t.Helper()
	s.mysql = testdb.StartMySQL(s.t, options...)
	for i := range n {
		s.toSQL = append(s.toSQL, startLink(s.t, s.mysql.Addr))
		s.add(fmt.Sprintf("replica %d", i+1), "GATEHOUSE_DATABASE="+strings.Replace(s.mysql.DSN, s.mysql.Addr, s.toSQL[i].addr, 1))
	}
	s.settings = append(s.settings, "GATEHOUSE_DATABASE="+s.mysql.DSN)
}

// onRedis gives the replicas a single Redis, which each reaches through its own link.
func (s *site) onRedis(options ...string) {
	s.t.Helper()
	s.redis = testdb.StartRedis(s.t, options...)
	for i, r := range s.replicas {
		s.toRedis = append(s.toRedis, startLink(s.t, s.redis.Addr))
		r.settings = append(r.settings, "GATEHOUSE_REDIS=redis://"+s.toRedis[i].addr)
	}
	s.settings = append(s.settings, "GATEHOUSE_REDIS="+s.redis.URL)
}

// add adds a replica that is not started yet.
func (s *site) add(name string, settings ...string) *replica {
	s.t.Helper()
	r := &replica{name: name, addr: testkit.FreeAddress(s.t), figures: testkit.FreeAddress(s.t), settings: settings, t: s.t, site: s}
	s.replicas = append(s.replicas, r)
	return r
}

// open starts the balancer and the replicas, and registers an administrator and apps.
func (s *site) open() {
	s.t.Helper()
	startBalancer(s.t, strings.TrimPrefix(s.issuer, "http://"), s.replicas)
	for _, r := range s.replicas {
		r.launch()
		s.t.Cleanup(r.close)
	}
	for _, r := range s.replicas {
		r.await()
	}
	testkit.Within(s.t, patience, "the balancer passes requests on", func() error { return (&replica{addr: strings.TrimPrefix(s.issuer, "http://")}).ready() })
	s.root = s.create("root", "admin")
	s.shop = s.register("--id", "shop", "--name", "Shop", "--grant", "password", "--grant", "refresh_token",
		"--scope", "openid profile account users:read users:write clients")
	s.web = s.register("--id", "web", "--name", "Web", "--first-party", "--grant", "authorization_code", "--grant", "refresh_token",
		"--scope", "openid profile account offline_access", "--redirect-uri", callback)
	s.tv = s.register("--id", "tv", "--name", "TV", "--public", "--grant", "urn:ietf:params:oauth:grant-type:device_code", "--grant", "refresh_token",
		"--scope", "openid offline_access")
	s.watch = s.register("--id", "watch", "--name", "Watch", "--grant", "client_credentials", "--scope", "users:read")
}

// one returns a running replica; they take turns.
func (s *site) one() *replica {
	for range s.replicas {
		r := s.replicas[int(s.turns.Add(1))%len(s.replicas)]
		if r.serves() {
			return r
		}
	}
	return nil // which means the balancer
}

func (s *site) ended() bool { return s.closing.Load() }

// command returns a command of the binary with the site's settings.
func (s *site) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := gatehouse.Command(t, s.settings, args...)
	cmd.Dir = s.folder
	if s.program != "" {
		cmd.Path = s.program
	}
	return cmd
}

// run runs the command line beside the replicas, and returns what it printed.
func (s *site) run(stdin string, args ...string) []byte {
	s.t.Helper()
	var said strings.Builder
	cmd := s.command(s.t, args...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &said
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("running gatehouse %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return out
}

func (s *site) register(args ...string) app {
	s.t.Helper()
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal(s.run("", append([]string{"client", "create", "--json"}, args...)...), &made); err != nil {
		s.t.Fatalf("unmarshalling the JSON: %v", err)
	}
	if made.Secret != "" {
		s.vault.Keep(made.Secret)
	}
	return app{made.ID, made.Secret}
}

// create makes a person from the command line.
func (s *site) create(name, role string) person {
	s.t.Helper()
	p := person{name: name, password: s.vault.Secret("password")}
	var made struct{ ID int64 }
	out := s.run(p.password+"\n", "user", "create", "--username", name, "--email", name+"@people.example", "--role", role, "--password-stdin", "--json")
	if err := json.Unmarshal(out, &made); err != nil {
		s.t.Fatalf("unmarshalling the JSON: %v", err)
	}
	p.id = made.ID
	return p
}

// people makes people over HTTP, as the administrator.
func (s *site) people(prefix string, n int) []person {
	s.t.Helper()
	c := s.caller(nil)
	var root *session
	testkit.Within(s.t, patience, "the administrator signs in", func() error {
		if root = c.signIn(s.root, s.shop); root == nil {
			return errNotYet
		}
		return nil
	})
	made := make([]person, n)
	for i := range made {
		p := person{name: fmt.Sprint(prefix, i), password: s.vault.Secret("password")}
		testkit.Within(s.t, patience, p.name+" is made", func() error {
			a := c.ask(question{deed: deed{kind: "admin.create"}, path: "/api/accounts/admin/users/", bearer: root.access, want: []int{http.StatusCreated},
				json: object{"username": p.name, "email": p.name + "@people.example", "password": p.password}})
			var answer struct{ User struct{ ID int64 } }
			if err := a.read(&answer); err != nil || answer.User.ID == 0 {
				return fmt.Errorf("creating a user: status %d %s, want an ID", a.status, a.body)
			}
			p.id = answer.User.ID
			return nil
		})
		made[i] = p
	}
	return made
}

// each returns a function that does the same to each of the links.
func each(links []*link, do func(*link)) func() {
	return func() {
		for _, l := range links {
			do(l)
		}
	}
}

// sqlName returns the driver and its DSN for the rig's own queries.
func (s *site) sqlName() (driver, dsn string) {
	if s.mysql != nil {
		return "mysql", s.mysql.RootDSN()
	}
	return "sqlite", (&url.URL{Scheme: "file", Opaque: s.folder + "/gatehouse.db"}).String()
}
