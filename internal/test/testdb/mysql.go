package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// shared is the MariaDB of this test binary. Starting one takes half a second, so the
// tests share it, each with its own database. It ends with the binary.
var shared = sync.OnceValues(func() (*mariaDB, error) { return newMariaDB() })

// MySQL returns the DSN of a fresh database, which is dropped after the test.
// The caller imports the driver, as store/sqlstore does.
func MySQL(t testing.TB) string {
	t.Helper()
	testkit.Long(t)
	server := os.Getenv("GATEHOUSE_TEST_MYSQL")
	if server == "" {
		p, err := shared()
		need(t, err)
		server = p.url()
	}
	return database(t, server)
}

// guarded is a second server, which protects people at a prompt from changes without a key,
// long answers and big joins. A server of ours may do so.
var guarded = sync.OnceValues(func() (*mariaDB, error) {
	m, err := newMariaDB()
	if err != nil {
		return nil, err
	}
	return m, executeAs(m.root(), "SET GLOBAL sql_safe_updates = 1, GLOBAL sql_select_limit = 1, GLOBAL sql_big_selects = 0, GLOBAL max_join_size = 1")
})

// unguarded ends the driver's DSN of a test that writes its own statements.
const unguarded = "?sql_safe_updates=0&sql_select_limit=18446744073709551615&sql_big_selects=1&multiStatements=true"

// GuardedMySQL is MySQL on a server that hinders a careless session.
func GuardedMySQL(t testing.TB) string {
	t.Helper()
	if os.Getenv("GATEHOUSE_TEST_MYSQL") != "" {
		return MySQL(t)
	}
	testkit.Long(t)
	p, err := guarded()
	need(t, err)
	return database(t, p.url())
}

// database makes a database on the server and drops it after the test.
func database(t testing.TB, server string) string {
	t.Helper()
	name := "gatehouse_" + strings.ToLower(rand.Text())
	if err := execute(server, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatalf("creating the database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name); err != nil {
			t.Log(err) // the test may have stopped the server
		}
	})
	return strings.TrimSuffix(server, "/") + "/" + name
}

// execute runs a statement outside any database.
func execute(server, statement string) error {
	u, err := url.Parse(server)
	if err != nil {
		return fmt.Errorf("GATEHOUSE_TEST_MYSQL is not a URL")
	}
	password, _ := u.User.Password()
	return executeAs(fmt.Sprintf("%s:%s@tcp(%s)/", u.User.Username(), password, u.Host), statement)
}

// executeAs runs a statement on the server that the driver's DSN names.
func executeAs(dsn, statement string) error {
	pool, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := pool.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// A MySQLServer is a MariaDB that belongs to one test, which may kill or pause it.
type MySQLServer struct {
	// DSN names a database on the server.
	DSN string
	// Addr is its address, as host:port.
	Addr string

	t testing.TB
	p *mariaDB
}

// StartMySQL starts a server that ends with the test. args are further options.
func StartMySQL(t testing.TB, args ...string) *MySQLServer {
	t.Helper()
	testkit.Long(t)
	p, err := newMariaDB(args...)
	need(t, err)
	t.Cleanup(func() { p.end() })
	return &MySQLServer{DSN: database(t, p.url()), Addr: "127.0.0.1:" + p.port, t: t, p: p}
}

// RootDSN returns the driver's DSN of the administrator, within the database.
func (s *MySQLServer) RootDSN() string {
	return s.p.root() + s.name()
}

// name returns the name of the database.
func (s *MySQLServer) name() string {
	_, name, _ := strings.Cut(strings.TrimPrefix(s.DSN, "mysql://"), "/")
	return name
}

// Root runs a statement as the administrator, within the database.
func (s *MySQLServer) Root(statement string) error { return executeAs(s.RootDSN(), statement) }

// Stop kills the server.
func (s *MySQLServer) Stop() { s.p.stop() }

// Folder returns the folder with the tables of the database, each in its own file.
func (s *MySQLServer) Folder() string {
	return filepath.Join(s.p.folder, "data", s.name())
}

// Start starts the server again, on the same port and with the data that it had committed.
func (s *MySQLServer) Start() {
	s.t.Helper()
	if err := s.p.start(); err != nil {
		s.t.Fatalf("starting the process: %v", err)
	}
}

// Pause makes the server hang: it keeps its connections and answers nothing.
func (s *MySQLServer) Pause() { s.p.pause(s.t) }

// Resume ends Pause.
func (s *MySQLServer) Resume() { s.p.signal(s.t, syscall.SIGCONT) }

type mariaDB struct{ process }

func (m *mariaDB) url() string { return "mysql://gatehouse:gatehouse@127.0.0.1:" + m.port }

// root returns the driver's DSN of the administrator, outside any database.
func (m *mariaDB) root() string { return "root@unix(" + filepath.Join(m.folder, "socket") + ")/" }

// newMariaDB makes a data folder and starts a server on it, with the defaults of the
// distribution except for sizes.
func newMariaDB(args ...string) (*mariaDB, error) {
	server, err := find("mariadbd")
	if err != nil {
		return nil, err
	}
	install, err := find("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	m := &mariaDB{process{name: "mariadbd"}}
	if m.folder, err = folder(); err != nil {
		return nil, err
	}
	if m.port, err = testkit.FreePort(); err != nil {
		return nil, err
	}
	if err := m.install(install); err != nil {
		return nil, err
	}
	m.command = append([]string{
		server, "--no-defaults", "--port=" + m.port, "--bind-address=127.0.0.1", "--skip-name-resolve",
		"--socket=" + filepath.Join(m.folder, "socket"), "--pid-file=" + filepath.Join(m.folder, "pid"),
		"--init-file=" + filepath.Join(m.folder, "init.sql"), "--skip-log-bin", "--max-connections=500",
		"--innodb-buffer-pool-size=64M", "--performance-schema=OFF",
	}, append(m.common(), args...)...)
	m.answers = func() error { return execute(m.url(), "DO 1") }
	return m, m.start()
}

// common returns the options of the server and of its installation. mariadbd runs as root
// only if told to. A starting server removes all temporary tables in its folder, those of
// other servers too, so each server gets its own.
func (m *mariaDB) common() []string {
	options := []string{"--datadir=" + filepath.Join(m.folder, "data"), "--tmpdir=" + m.folder, "--innodb-log-file-size=8M"}
	if os.Geteuid() == 0 {
		options = append(options, "--user=root")
	}
	return options
}

func (m *mariaDB) install(program string) error {
	const account = "CREATE USER IF NOT EXISTS gatehouse@'127.0.0.1' IDENTIFIED BY 'gatehouse';\n" +
		"GRANT ALL PRIVILEGES ON `gatehouse\\_%`.* TO gatehouse@'127.0.0.1';\n"
	if err := os.WriteFile(filepath.Join(m.folder, "init.sql"), []byte(account), 0o600); err != nil {
		return err
	}
	options := append([]string{"--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"}, m.common()...)
	if out, err := exec.Command(program, options...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return nil
}
