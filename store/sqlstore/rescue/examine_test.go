package rescue_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/finding"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/rescue"
)

// look examines a database as doctor does.
func look(t *testing.T, dsn string) finding.List {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: patience, ReadOnly: true})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	defer db.Close()
	return append(rescue.ExamineFile(dsn), rescue.Examine(t.Context(), db, rescue.Examination{Replicas: 3, AuditKeep: 30 * 24 * time.Hour, Now: time.Now})...)
}

// wantFinding wants a finding of that check and level that contains a word.
func wantFinding(t *testing.T, found finding.List, check string, level finding.Level, word string) {
	t.Helper()
	for _, f := range found {
		if f.Check == check && f.Level == level && strings.Contains(f.String(), word) {
			if (f.Do == "") != (level == finding.OK) {
				t.Errorf("%s: a %s with the advice %q, want advice with everything but OK", f, level, f.Do)
			}
			return
		}
	}
	t.Errorf("want a %s of %q that contains %q among:\n%s", level, check, word, lines(found))
}

func lines(found finding.List) string {
	var all strings.Builder
	for _, f := range found {
		all.WriteString(string(f.Level) + " " + f.String() + "\n")
	}
	return all.String()
}

func TestExamineFindsNothingAmiss(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			if err := migrated(t, dsn).Close(); err != nil {
				t.Fatalf("closing the store: %v", err)
			}
			if worse := look(t, dsn).Worse(); len(worse) > 0 {
				t.Errorf("amiss, want nothing:\n%s", lines(worse))
			}
		})
	}
}

// TestExamineNamesClientsAtTheirLimit: a client's own bound counts where it has one.
func TestExamineNamesClientsAtTheirLimit(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db := migrated(t, dsn(t))
			err := db.Write(t.Context(), func(tx store.Tx) (err error) {
				for id, most := range map[string]int{"shop": 0, "tv": 5, "any": -1} {
					err = errors.Join(err, tx.CreateClient(store.Client{ID: id, MaxSessions: most}))
					for i := range int64(8) {
						err = errors.Join(err, tx.CreateSession(store.Session{ID: rand.Text(), UserID: 1 + i/4, ClientID: id}))
					}
				}
				return err
			})
			if err != nil {
				t.Fatalf("filling the database: %v", err)
			}
			for most, want := range map[int]string{0: "nobody", 5: "nobody", 4: "shop (2)", 3: "shop (2)"} {
				level := finding.Warning
				if want == "nobody" {
					level = finding.OK
				}
				found := rescue.Examine(t.Context(), db, rescue.Examination{MaxSessions: most, Now: time.Now})
				wantFinding(t, found, "sessions", level, want)
			}
		})
	}
}

func TestExamineChangesNothing(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			pool := testdb.Raw(t, dsn)
			if name == "sqlite" {
				execute(t, pool, "CREATE TABLE unrelated (a INTEGER)")
			}
			wantFinding(t, look(t, dsn), "database schema", finding.Warning, "it is empty")
			var tables int
			query := "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'"
			if name == "sqlite" {
				query = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_migrations'"
			}
			if err := pool.QueryRow(query).Scan(&tables); err != nil || tables != 0 {
				t.Errorf("%d tables were made, %v; want 0", tables, err)
			}
		})
	}
}

// TestExamineFindsAnotherSchema: an older one, a newer one, and one that was edited;
// also an epoch that a wrong clock began.
func TestExamineFindsAnotherSchema(t *testing.T) {
	onRaw(t, func(t *testing.T, dsn string, pool *sql.DB) {
		db := connect(t, dsn)
		write(t, db, func(tx store.Tx) error {
			_, err := tx.BeginEpoch(time.Now().Add(24 * time.Hour))
			return err
		})
		wantFinding(t, look(t, dsn), "epoch", finding.Fault, "in the future")
		execute(t, pool, "INSERT INTO schema_migrations VALUES (9999, 'future', '', 1)")
		wantFinding(t, look(t, dsn), "database schema", finding.Warning, "1 migrations come from a newer version")
		execute(t, pool, "DELETE FROM schema_migrations WHERE version > 2")
		wantFinding(t, look(t, dsn), "database schema", finding.Warning, "0003_epochs")
		execute(t, pool, "UPDATE schema_migrations SET sha256 = 'other' WHERE version = 1")
		wantFinding(t, look(t, dsn), "database schema", finding.Fault, "edited")
	})
}

func TestExamineFindsWhatIsWrongWithAFile(t *testing.T) {
	dsn := testdb.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	wantFinding(t, rescue.ExamineFile(dsn), "database", finding.Warning, "does not exist")
	if _, err := os.Stat(file); err == nil {
		t.Error("the examination made the file, want none")
	}
	if err := migrated(t, dsn).Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatalf("changing the mode: %v", err)
	}
	if err := os.Chmod(filepath.Dir(file), 0o777); err != nil {
		t.Fatalf("changing the mode: %v", err)
	}
	found := look(t, dsn)
	wantFinding(t, found, "database file", finding.Fault, "chmod 600")
	wantFinding(t, found, "database folder", finding.Fault, "chmod go-w")
	pool := testdb.Raw(t, dsn)
	execute(t, pool, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO revoked_tokens SELECT hex(randomblob(50)), 0 FROM n")
	execute(t, pool, "PRAGMA wal_checkpoint(TRUNCATE)") // the last pages are of these rows
	damage(t, file)
	wantFinding(t, look(t, dsn), "database integrity", finding.Fault, "gatehouse restore")
}

// damage writes over the beginning of the last pages.
func damage(t *testing.T, file string) {
	t.Helper()
	const pageBytes, pages = 4096, 5
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	for at := len(content) - pages*pageBytes; at < len(content); at += pageBytes {
		copy(content[at:], strings.Repeat("x", 100))
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

// TestExamineFindsWhatIsWrongWithAServer causes each fault on its own MariaDB.
func TestExamineFindsWhatIsWrongWithAServer(t *testing.T) {
	server := testdb.StartMySQL(t)
	if err := migrated(t, server.DSN).Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	_, place, _ := strings.Cut(server.DSN, "@")
	root := testdb.Raw(t, "mysql://root@"+place)
	_, name, _ := strings.Cut(place, "/")
	for _, c := range []struct {
		name, provoke, mend string
		check               string
		level               finding.Level
		word                string
	}{
		{"read-only", "SET GLOBAL read_only = ON", "SET GLOBAL read_only = OFF", "database writable", finding.Fault, "read_only"},
		{"few connections", "SET GLOBAL max_connections = 50", "SET GLOBAL max_connections = 500", "database connections", finding.Fault, "3 replicas with 32 connections each need 101"},
		{"a fast log", "SET GLOBAL innodb_flush_log_at_trx_commit = 2", "SET GLOBAL innodb_flush_log_at_trx_commit = 1", "database durability", finding.Warning, "is 2"},
		{"latin1", "ALTER DATABASE " + name + " CHARACTER SET latin1", "ALTER DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "database character set", finding.Warning, "latin1"},
		{"a column of another collation", "ALTER TABLE clients MODIFY name VARCHAR(255) COLLATE utf8mb4_general_ci NOT NULL", "ALTER TABLE clients MODIFY name VARCHAR(255) COLLATE utf8mb4_bin NOT NULL", "database collation", finding.Fault, "clients.name (utf8mb4_general_ci)"},
		{"a table without transactions", "ALTER TABLE consents ENGINE = MyISAM", "ALTER TABLE consents ENGINE = InnoDB", "database engine", finding.Fault, "consents"},
		{"another engine by default", "SET GLOBAL default_storage_engine = MyISAM", "SET GLOBAL default_storage_engine = InnoDB", "database engine", finding.Warning, "MyISAM"},
		{"a clock that is ahead", "SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() + 60'", "SET GLOBAL init_connect = ''", "database clock", finding.Fault, "by 59."},
		{"a clock that is a little behind", "SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 5'", "SET GLOBAL init_connect = ''", "database clock", finding.Warning, "NTP"},
		{"replication without replicas", "SET GLOBAL rpl_semi_sync_master_enabled = ON", "SET GLOBAL rpl_semi_sync_master_enabled = OFF", "database replication", finding.Warning, "no replica"},
	} {
		t.Run(c.name, func(t *testing.T) {
			execute(t, root, c.provoke)
			wantFinding(t, look(t, server.DSN), c.check, c.level, c.word)
			execute(t, root, c.mend)
			for _, f := range look(t, server.DSN).Worse() {
				if f.Check == c.check {
					t.Errorf("still found after the repair: %s, want it gone", f)
				}
			}
		})
	}
}

// TestExamineLeavesNothingBehind: neither beside a file that nobody has open, nor while
// a server runs, nor after one was killed. It finds the same each time.
func TestExamineLeavesNothingBehind(t *testing.T) {
	dsn := testdb.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	db := migrated(t, dsn)
	write(t, db, func(tx store.Tx) error {
		_, err := tx.BeginEpoch(time.Now().Add(24 * time.Hour))
		return err
	})
	looked := func(what string) {
		t.Helper()
		before := beside(t, file)
		found := look(t, dsn)
		wantFinding(t, found, "epoch", finding.Fault, "in the future") // the epoch is in the log, if there is one
		wantFinding(t, found, "database log", finding.OK, "write-ahead log")
		if after := beside(t, file); !slices.Equal(before, after) {
			t.Errorf("%s: %v became %v, want no change", what, before, after)
		}
	}
	looked("beside a server")
	killed := filepath.Join(t.TempDir(), "killed.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(file + end)
		if err != nil {
			t.Fatalf("reading the file: %v", err)
		}
		if err := os.WriteFile(killed+end, content, 0o600); err != nil {
			t.Fatalf("writing the file: %v", err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	looked("alone")
	file, dsn = killed, "sqlite:"+killed
	looked("after a kill")
}

func beside(t *testing.T, file string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatalf("reading the folder: %v", err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

// TestExamineWhileSomebodyBegins: if a file that was read as immutable changes, its
// findings are dropped.
func TestExamineWhileSomebodyBegins(t *testing.T) {
	dsn := testdb.SQLite(t)
	if err := migrated(t, dsn).Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: patience, ReadOnly: true})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	defer db.Close()
	migrated(t, dsn)
	found := rescue.Examine(t.Context(), db, rescue.Examination{Now: time.Now})
	if wantFinding(t, found, "database", finding.Warning, "begun to use the database"); len(found) != 1 {
		t.Errorf("found: %s, want one warning", lines(found))
	}
}

// TestExamineFindsEventsThatGoRowByRow: where the servers' account may not make or drop
// partitions, and where it is too late to make them.
func TestExamineFindsEventsThatGoRowByRow(t *testing.T) {
	const check, month = "database audit log", 30 * 24 * time.Hour
	dsn := backends["mysql"](t)
	db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
	insert := func(at time.Time, n int) {
		execute(t, pool, fmt.Sprintf("INSERT INTO audit_log (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)"+
			" SELECT %d, 'old', '', '', '', '', '', '', '{}' FROM seq_1_to_%d", at.UnixMilli(), n))
	}
	wantFinding(t, look(t, dsn), check, finding.OK, "first start")
	insert(time.Now().Add(-48*time.Hour), 1)
	wantFinding(t, look(t, dsn), check, finding.Warning, "GRANT ALTER, CREATE, INSERT, DROP")
	if err := db.PartitionAudit(t.Context(), time.Now(), month); err != nil {
		t.Fatalf("making partitions: %v", err)
	}
	wantFinding(t, look(t, dsn), check, finding.OK, "9 partitions, up to 2")
	found := rescue.Examine(t.Context(), db, rescue.Examination{AuditKeep: month, Now: func() time.Time { return time.Now().Add(2 * month) }})
	wantFinding(t, found, check, finding.Warning, "were not dropped")
	execute(t, pool, "ALTER TABLE audit_log REORGANIZE PARTITION "+ours(t, pool)+" INTO (PARTITION later VALUES LESS THAN MAXVALUE)")
	insert(time.Now(), 10_001)
	wantFinding(t, look(t, dsn), check, finding.Warning, "quiet hour")
	for _, f := range look(t, dsn) {
		if _, statement, there := strings.Cut(f.Do, "meanwhile: "); there {
			execute(t, pool, statement)
		}
	}
	wantFinding(t, look(t, dsn), check, finding.OK, "9 partitions, up to 2")
	execute(t, pool, "ALTER TABLE audit_log REMOVE PARTITIONING")
	wantFinding(t, look(t, dsn), check, finding.Warning, "no partitions")
	if err := db.PartitionAudit(t.Context(), time.Now(), month); err != nil {
		t.Errorf("making partitions where there are none: %v", err)
	}
	if n, err := db.SweepAudit(t.Context(), time.Now().Add(-24*time.Hour), 100); err != nil || n != 1 {
		t.Errorf("%d old events were deleted, %v; want the one", n, err)
	}
}

// ours lists the partitions of the audit log.
func ours(t *testing.T, pool *sql.DB) (names string) {
	t.Helper()
	err := pool.QueryRowContext(t.Context(), "SELECT GROUP_CONCAT(partition_name ORDER BY partition_ordinal_position) FROM information_schema.partitions"+
		" WHERE table_schema = DATABASE() AND table_name = 'audit_log'").Scan(&names)
	if err != nil {
		t.Fatalf("listing the partitions: %v", err)
	}
	return names
}
