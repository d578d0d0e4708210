package sqlstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

//go:embed migrations
var migrationFiles embed.FS

// A Migration is one step of the schema.
type Migration struct {
	Version int
	Name    string
	// AppliedAt is zero if it is still to be applied.
	AppliedAt time.Time
}

// A step is a migration that this program carries.
type step struct {
	version      int
	name         string
	text, digest string
}

// steps reads the files NNNN_name.sql of a dialect, in order.
func steps(dialect string) ([]step, error) {
	files, err := fs.Glob(migrationFiles, path.Join("migrations", dialect, "*.sql"))
	if err != nil {
		return nil, err
	}
	var all []step
	for _, file := range files {
		text, err := migrationFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", file)
		}
		digest := sha256.Sum256(text)
		all = append(all, step{version, name, string(text), hex.EncodeToString(digest[:])})
	}
	return all, nil
}

// Migrate brings the schema up to what this program needs. Of several that
// start at once one does it, and the others wait. A schema that is newer than
// this program is left alone: releases keep the one before them running.
func (d *DB) Migrate(ctx context.Context) error {
	all, err := steps(d.dialect.name)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	pool, err := d.migrations(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrating: %w", translate(ctx, err))
	}
	defer func() { _ = conn.Close() }()
	if due, err := pending(ctx, conn, all); err == nil && len(due) == 0 {
		return nil // the usual start needs no lock
	}
	if d.dialect.name == "sqlite" {
		return d.migrateSQLite(ctx, conn, all)
	}
	return d.migrateMySQL(ctx, conn, all)
}

// migrateSQLite does everything in one transaction.
func (d *DB) migrateSQLite(ctx context.Context, conn *sql.Conn, all []step) error {
	var tx *sql.Tx
	err := patiently(ctx, func(ctx context.Context) (err error) {
		tx, err = conn.BeginTx(ctx, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrating: %w", translate(ctx, err))
	}
	if err := d.apply(ctx, tx, all); err != nil {
		_ = tx.Rollback() // err is what matters
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("migrating: %w", translate(ctx, err))
	}
	return nil
}

// migrateMySQL holds a lock of the server. A CREATE commits by itself there, so
// that a step that was cut short is run again from its beginning.
func (d *DB) migrateMySQL(ctx context.Context, conn *sql.Conn, all []step) error {
	const name = "CONCAT('gatehouse migration ', LEFT(SHA1(DATABASE()), 32))" // at most 64 characters
	var locked sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 600)").Scan(&locked); err != nil {
		return fmt.Errorf("waiting for another migration: %w", translate(ctx, err))
	}
	if locked.Int64 != 1 {
		return fmt.Errorf("waiting for another migration: it did not end")
	}
	if err := d.apply(ctx, conn, all); err != nil {
		return err // the lock ends with the connection
	}
	var released sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT RELEASE_LOCK("+name+")").Scan(&released); err != nil {
		return fmt.Errorf("migrating: %w", translate(ctx, err))
	}
	return nil
}

// A session is a connection or a transaction.
type session interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// apply runs what is due.
func (d *DB) apply(ctx context.Context, s session, all []step) error {
	if err := createVersions(ctx, s); err != nil {
		return err
	}
	due, err := pending(ctx, s, all)
	if err != nil {
		return err
	}
	for _, m := range due {
		for _, statement := range statements(m.text) {
			if _, err := s.ExecContext(ctx, statement); err != nil && !added(err) {
				return fmt.Errorf("migration %04d_%s: %w", m.version, m.name, translate(ctx, err))
			}
		}
		_, err := s.ExecContext(ctx, "INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)",
			m.version, m.name, m.digest, d.options.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.version, m.name, translate(ctx, err))
		}
		level := slog.LevelInfo
		if len(due) == len(all) {
			level = slog.LevelDebug // a new database: nothing of anybody's changed
		}
		d.options.Log.Log(ctx, level, "schema migrated", "version", m.version, "name", m.name)
	}
	return nil
}

// added: the column or index is there, from a run that was killed before it could
// be recorded. MySQL has no ADD COLUMN IF NOT EXISTS.
func added(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && (e.Number == 1060 || e.Number == 1061)
}

// statements splits a file at the semicolons that end a line, and leaves the
// comments out.
func statements(text string) []string {
	var all []string
	var s strings.Builder
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "--")
		code = strings.TrimSpace(code)
		if code == "" {
			continue
		}
		s.WriteString(code + "\n")
		if strings.HasSuffix(code, ";") {
			all = append(all, s.String())
			s.Reset()
		}
	}
	return all
}

// createVersions makes the table in which migrations are recorded.
func createVersions(ctx context.Context, s session) error {
	_, err := s.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
		version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, sha256 VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL)`)
	if err != nil {
		return fmt.Errorf("recording the migrations: %w", translate(ctx, err))
	}
	return nil
}

// An applied migration, as the database remembers it.
type applied struct {
	name, digest string
	at           int64
}

func appliedMigrations(ctx context.Context, s session) (map[int]applied, error) {
	answer, err := s.QueryContext(ctx, "SELECT version, name, sha256, applied_at FROM schema_migrations")
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Close() }() // answer.Err tells
	done := map[int]applied{}
	for answer.Next() {
		var version int
		var a applied
		if err := answer.Scan(&version, &a.name, &a.digest, &a.at); err != nil {
			return nil, err
		}
		done[version] = a
	}
	return done, answer.Err()
}

// pending are the steps not yet applied. One that was applied must be what it
// was: who edits it believes in a schema that is not there.
func pending(ctx context.Context, s session, all []step) ([]step, error) {
	done, err := appliedMigrations(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", translate(ctx, err))
	}
	var due []step
	for _, m := range all {
		was, known := done[m.version]
		switch {
		case !known:
			due = append(due, m)
		case was.digest != m.digest:
			return nil, fmt.Errorf("migration %04d_%s was edited after it had been applied to this database; make a new one instead", m.version, m.name)
		}
	}
	return due, nil
}

// MigrationStatus lists the steps that this program carries and those that a
// newer one applied, in order.
func (d *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	all, err := steps(d.dialect.name)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", translate(ctx, err))
	}
	defer func() { _ = conn.Close() }()
	if err := createVersions(ctx, conn); err != nil {
		return nil, err
	}
	done, err := appliedMigrations(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", translate(ctx, err))
	}
	status := map[int]Migration{}
	for _, m := range all {
		status[m.version] = Migration{Version: m.version, Name: m.name}
	}
	for version, a := range done {
		status[version] = Migration{Version: version, Name: a.name, AppliedAt: instant(a.at)}
	}
	return slices.SortedFunc(maps.Values(status), func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) }), nil
}
