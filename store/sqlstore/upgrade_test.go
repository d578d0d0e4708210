package sqlstore_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// firstSchema gives a database the schema of the first release.
func firstSchema(t *testing.T, dialect string, pool *sql.DB) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("migrations", dialect, "0001_initial.sql"))
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) != "" {
			execute(t, pool, statement)
		}
	}
	execute(t, pool, `CREATE TABLE schema_migrations (
		version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, sha256 VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL)`)
	digest := sha256.Sum256(text)
	execute(t, pool, "INSERT INTO schema_migrations VALUES (1, 'initial', ?, 1)", hex.EncodeToString(digest[:]))
}

// writeAsFirst writes as the first release does, naming only its own columns.
func writeAsFirst(t *testing.T, pool *sql.DB, name string) {
	t.Helper()
	digest := store.DigestOf(name)
	execute(t, pool, "INSERT INTO users (sub, username, username_key, email, email_key, email_domain, email_verified, first_name, first_key,"+
		" last_name, last_key, role, active, password_hash, joined_at, last_login_at)"+
		" VALUES (?, ?, ?, '', '', '', 0, 'Ann', 'ann', '', '', 'user', 1, 'hash', 1000, 0)", name, name, name)
	execute(t, pool, "INSERT INTO user_names (digest, user_id) SELECT ?, id FROM users WHERE sub = ?", digest[:], name)
	execute(t, pool, "INSERT INTO sessions (id, user_id, client_id, scope, auth_time, created_at, expires_at, last_used_at, ended_at, end_reason,"+
		" ip, user_agent, gen, jti, prev_jti, token_iat, token_exp, token_role, key_id, rotated_at)"+
		" SELECT ?, id, ?, 'openid', 1000, 1000, 9000, 0, 0, '', '', '', 1, 'J', '', 1000, 2000, 'user', 'K', 0 FROM users WHERE sub = ?", name, name, name)
	execute(t, pool, "INSERT INTO clients (id, name, auth_method, first_party, disabled, grant_types, scope, redirect_uris, post_logout_redirect_uris,"+
		" secrets, access_token_lifetime_ms, refresh_token_idle_ms, refresh_token_lifetime_ms, created_at, updated_at)"+
		" VALUES (?, 'Shop', 'none', 0, 0, '[]', 'openid', '[]', '[]', '[]', 0, 0, 0, 1000, 1000)", name)
}

func wantFirst(t *testing.T, db store.DB, name string) {
	t.Helper()
	second := time.Unix(1, 0).UTC()
	u, err := db.UserByName(t.Context(), name)
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	compare(t, u, store.User{
		ID: u.ID, Sub: name, Username: name, UsernameKey: name, FirstName: "Ann", Role: store.RoleUser, Active: true, PasswordHash: "hash", JoinedAt: second,
	})
	p, err := store.ProfileOf(u)
	if err != nil {
		t.Errorf("looking up the profile: %v", err)
	}
	compare(t, p, store.Profile{})
	s, _, err := db.SessionWithUser(t.Context(), name)
	if err != nil {
		t.Fatalf("looking up the session: %v", err)
	}
	compare(t, s, store.Session{
		ID: name, UserID: u.ID, ClientID: name, Scope: "openid", SignIn: store.SignIn{At: second}, CreatedAt: second, ExpiresAt: time.Unix(9, 0).UTC(),
		Rotation: store.Rotation{Gen: 1, JTI: "J", IssuedAt: second, ExpiresAt: time.Unix(2, 0).UTC(), Role: store.RoleUser, KeyID: "K"},
	})
	c, err := db.ClientByID(t.Context(), name)
	if err != nil {
		t.Fatalf("looking up the client: %v", err)
	}
	compare(t, c, store.Client{ID: name, Name: "Shop", AuthMethod: "none", Scope: "openid", Rotation: store.RotationStrict, IDTokenSigning: store.SigningChoice{Alg: store.RS256}, RefreshSigning: store.SigningChoice{Alg: store.RS256}, CreatedAt: second, UpdatedAt: second})
}

func compare(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T (- want, + got):\n%s", want, diff)
	}
}

// TestUpgrade: the records of the first release survive, and it can still write to the
// new schema while replicas are replaced one by one.
func TestUpgrade(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			pool := testdb.Raw(t, dsn)
			firstSchema(t, name, pool)
			writeAsFirst(t, pool, "before")
			db := migrated(t, dsn)
			writeAsFirst(t, pool, "beside")
			for _, name := range []string{"before", "beside"} {
				wantFirst(t, db, name)
			}
			wantFinished(t, db, false)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := db.Finish(t.Context(), time.Unix(7, 0)); err != nil {
						t.Errorf("finishing the upgrade: %v", err)
					}
				})
			}
			wg.Wait()
			wantFinished(t, db, true)
			steps, err := db.MigrationStatus(t.Context())
			if err != nil || len(steps) < 2 || steps[1].AppliedAt.IsZero() {
				t.Errorf("status: %+v, %v; want the second migration applied", steps, err)
			}
		})
	}
}

// wantFinished wants a database of an earlier release to be finished only once that is said.
func wantFinished(t *testing.T, db *sqlstore.DB, want bool) {
	t.Helper()
	if got, err := db.Finished(t.Context()); err != nil || got != want {
		t.Errorf("finished: %t, %v; want %t", got, err, want)
	}
	steps, err := db.MigrationStatus(t.Context())
	if err != nil {
		t.Fatalf("reading the status: %v", err)
	}
	for _, m := range steps {
		if m.ToFinish && m.FinishedAt.IsZero() == want {
			t.Errorf("the status says that %s was finished at %s, want finished: %t", m.Name, m.FinishedAt, want)
		}
	}
}

// TestKilledUpgradeIsRunAgain: a migration may be killed between any two statements.
func TestKilledUpgradeIsRunAgain(t *testing.T) {
	dsn := backends["mysql"](t)
	pool := testdb.Raw(t, dsn)
	firstSchema(t, "mysql", pool)
	writeAsFirst(t, pool, "before")
	for _, undo := range []string{
		"DROP TABLE logout_notices", "ALTER TABLE clients DROP COLUMN jwks_uri, DROP COLUMN backchannel_logout_uri," +
			" DROP COLUMN backchannel_session, DROP COLUMN jwks, DROP COLUMN assertion_audience", "DROP INDEX sessions_browser ON sessions",
	} {
		if err := migrated(t, dsn).Close(); err != nil {
			t.Fatalf("closing the store: %v", err)
		}
		execute(t, pool, "DELETE FROM schema_migrations WHERE version = 2")
		execute(t, pool, undo)
	}
	db := migrated(t, dsn)
	writeAsFirst(t, pool, "beside")
	for _, name := range []string{"before", "beside"} {
		wantFirst(t, db, name)
	}
}
