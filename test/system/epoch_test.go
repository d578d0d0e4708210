package system_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

// TestEpoch restores a database from a dump under two servers, whose Redis is newer.
// Sessions and tokens that were ended or revoked since live again, until the epoch.
func TestEpoch(t *testing.T) {
	t.Parallel()
	dsn := testdb.MySQL(t)
	dump := mariaDBTools(t, dsn)
	s := open(t, "GATEHOUSE_DATABASE="+dsn, "GATEHOUSE_REDIS="+testdb.Redis(t))
	olga := s.newcomer(t, "olga", "user")
	kept, revoked := s.signIn(t, s.a, olga, s.shop), s.signIn(t, s.b, olga, s.shop)
	own := s.a.ask(s.watch.token("grant_type", "client_credentials")).must(t, http.StatusOK).tokens()
	dump.save(t)

	s.a.ask(s.shop.revoke(revoked.access)).must(t, http.StatusOK)
	s.a.ask(s.watch.revoke(own.access)).must(t, http.StatusOK)
	since := s.signIn(t, s.a, olga, s.shop)
	for i := range 3 { // Redis learns of these refreshes, and the dump does not
		kept = s.of(i).ask(s.shop.refresh(kept.refresh)).must(t, http.StatusOK).tokens()
	}
	dump.load(t)

	// Without an epoch they are alive; otherwise this test could not fail.
	for _, p := range s.pair() {
		testkit.Within(t, recovery, p.name+" is ready", p.ready)
		p.ask(profile(revoked.access)).must(t, http.StatusOK)
		p.ask(profile(kept.access)).must(t, http.StatusOK)
		if a := p.ask(s.watch.introspect(own.access)); a.must(t, http.StatusOK).field("client_id") != s.watch.id {
			t.Fatalf("%v, want a revoked token that is alive again", a)
		}
	}
	crowd(3, func(int) answer { s.run(t, "", "epoch", "bump"); return answer{} })
	for _, p := range s.pair() {
		testkit.Within(t, everywhere, "everything from before is void at "+p.name, func() error {
			for _, session := range []tokens{kept, revoked, since} {
				if err := p.refuses(s.watch, s.shop.refresh, session); err != nil {
					return err
				}
			}
			if a := p.ask(s.watch.introspect(own.access)); string(a.body) != "{\"active\":false}\n" {
				return errInactive{a}
			}
			return nil
		})
	}
	s.worksAfterEpoch(t, olga)
	s.showsNoSecret(t)
}

// worksAfterEpoch checks that the old contents of Redis do not hinder new sessions.
func (s *site) worksAfterEpoch(t *testing.T, who person) {
	t.Helper()
	time.Sleep(time.Second) // the rest of the second in which the epoch began
	s.rootAccess = ""
	for i, p := range s.pair() {
		session := s.signIn(t, p, who, s.shop)
		for range 3 {
			session = s.of(i+1).ask(s.shop.refresh(session.refresh)).must(t, http.StatusOK).tokens()
		}
		p.ask(profile(session.access)).must(t, http.StatusOK)
		own := p.ask(s.watch.token("grant_type", "client_credentials")).must(t, http.StatusOK).tokens()
		if a := p.ask(s.watch.introspect(own.access)); a.must(t, http.StatusOK).field("client_id") != s.watch.id {
			t.Errorf("%v, want a new token that is alive", a)
		}
	}
}

// A dump is a database that mariadb-dump saves and mariadb loads.
type dump struct {
	file, database string
	options        []string
}

func mariaDBTools(t *testing.T, dsn string) *dump {
	t.Helper()
	for _, tool := range []string{"mariadb", "mariadb-dump"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("looking for the tools of MariaDB: %v", err)
			}
			t.Skipf("%v: this test was skipped", err)
		}
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("the address of the database is not a URL")
	}
	password, _ := u.User.Password()
	return &dump{
		file: filepath.Join(t.TempDir(), "dump.sql"), database: strings.Trim(u.Path, "/"),
		options: []string{"--no-defaults", "--host=" + u.Hostname(), "--port=" + u.Port(), "--user=" + u.User.Username(), "--password=" + password},
	}
}

// save makes a dump as docs/operations.md says.
func (d *dump) save(t *testing.T) {
	t.Helper()
	out, err := exec.Command("mariadb-dump", append(d.options, "--single-transaction", "--hex-blob", d.database)...).Output()
	if err == nil {
		err = os.WriteFile(d.file, out, 0o600)
	}
	if err != nil {
		t.Fatalf("saving a dump: %v", err)
	}
}

func (d *dump) load(t *testing.T) {
	t.Helper()
	in, err := os.Open(d.file)
	if err != nil {
		t.Fatalf("opening the file: %v", err)
	}
	defer in.Close()
	cmd := exec.Command("mariadb", append(d.options, d.database)...)
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("loading a dump, with the output %s: %v", out, err)
	}
}
