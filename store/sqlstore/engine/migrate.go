package engine

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse/store/sqlstore/migrations"
)

// A Migration is one step of the schema.
type Migration struct {
	Version int
	Name    string
	// AppliedAt is zero until the step is applied.
	AppliedAt time.Time
	// ToFinish is set for the migration that an operator finishes (store.Upgrades).
	// FinishedAt is zero until then.
	ToFinish   bool
	FinishedAt time.Time
}

// Migrate brings the schema up to what this program needs. If several replicas start at
// once, one does it, and the others wait. A schema newer than this program is left
// alone: each release lets the previous one keep running.
func (d *DB) Migrate(ctx context.Context) error {
	all, err := migrations.Of(d.Dialect.Name)
	if err != nil {
		return err
	}
	return d.apart(ctx, "migrating", func(conn *sql.Conn) error {
		if due, err := Due(ctx, conn, all); err == nil && len(due) == 0 {
			return nil // the usual start needs no lock
		}
		if d.Dialect.Name == "sqlite" {
			return d.migrateSQLite(ctx, conn, all)
		}
		return d.migrateMySQL(ctx, conn, all)
	})
}

// apart runs f, which changes the schema, on a connection of its own that waits for as long as
// ctx allows. Doing says in an error what it was about.
func (d *DB) apart(ctx context.Context, doing string, f func(*sql.Conn) error) error {
	pool, err := d.patient(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, Translate(ctx, err))
	}
	defer func() { _ = conn.Close() }()
	return f(conn)
}

// migrateSQLite does everything in one transaction.
func (d *DB) migrateSQLite(ctx context.Context, conn *sql.Conn, all []migrations.Step) error {
	var tx *sql.Tx
	err := patiently(ctx, func(ctx context.Context) (err error) {
		tx, err = conn.BeginTx(ctx, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrating: %w", Translate(ctx, err))
	}
	if err := d.apply(ctx, tx, all); err != nil {
		_ = tx.Rollback() // err matters more
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("migrating: %w", Translate(ctx, err))
	}
	return nil
}

// migrateMySQL holds a lock of the server. There, a CREATE commits on its own, so a
// step that was cut short is run again from its start.
func (d *DB) migrateMySQL(ctx context.Context, conn *sql.Conn, all []migrations.Step) error {
	const name = "CONCAT('gatehouse migration ', LEFT(SHA1(DATABASE()), 32))" // at most 64 characters
	var locked sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 600)").Scan(&locked); err != nil {
		return fmt.Errorf("waiting for another migration: %w", Translate(ctx, err))
	}
	if locked.Int64 != 1 {
		return fmt.Errorf("waiting for another migration: it did not end")
	}
	if err := d.apply(ctx, conn, all); err != nil {
		return err // the lock ends with the connection
	}
	var released sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT RELEASE_LOCK("+name+")").Scan(&released); err != nil {
		return fmt.Errorf("migrating: %w", Translate(ctx, err))
	}
	return nil
}

// A Session is a connection or a transaction.
type Session interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// apply runs the steps that are due.
func (d *DB) apply(ctx context.Context, s Session, all []migrations.Step) error {
	if err := createVersions(ctx, s); err != nil {
		return err
	}
	due, err := Due(ctx, s, all)
	if err != nil {
		return err
	}
	for _, m := range due {
		for _, statement := range statements(m.Text) {
			if _, err := s.ExecContext(ctx, statement); err != nil && !done(err) {
				return fmt.Errorf("migration %04d_%s: %w", m.Version, m.Name, Translate(ctx, err))
			}
		}
		_, err := s.ExecContext(ctx, "INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)",
			m.Version, m.Name, m.Digest, d.options.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.Version, m.Name, Translate(ctx, err))
		}
		level := slog.LevelInfo
		if len(due) == len(all) {
			level = slog.LevelDebug // a new database: there was nothing to change
		}
		d.options.Log.Log(ctx, level, "schema migrated", "version", m.Version, "name", m.Name)
	}
	return nil
}

// done reports whether the column or index exists already, or is gone already, from a run
// that was killed before it could be recorded. MySQL has no ADD COLUMN IF NOT EXISTS, and no
// DROP KEY IF EXISTS.
func done(err error) bool {
	return numbered(err, 1060, 1061, 1091)
}

// statements splits a file at the semicolons that end a line, and omits comments.
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
func createVersions(ctx context.Context, s Session) error {
	_, err := s.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
		version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, sha256 VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL)`)
	if err != nil {
		return fmt.Errorf("recording the migrations: %w", Translate(ctx, err))
	}
	return nil
}

// An Applied is a migration that the database has recorded.
type Applied struct {
	Name, digest string
	at           int64
}

// AppliedMigrations returns the recorded migrations by version.
func AppliedMigrations(ctx context.Context, s Session) (map[int]Applied, error) {
	answer, err := s.QueryContext(ctx, "SELECT version, name, sha256, applied_at FROM schema_migrations")
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Close() }() // answer.Err reports errors
	done := map[int]Applied{}
	for answer.Next() {
		var version int
		var a Applied
		if err := answer.Scan(&version, &a.Name, &a.digest, &a.at); err != nil {
			return nil, err
		}
		done[version] = a
	}
	return done, answer.Err()
}

// Due returns the steps not yet applied. It returns an error if an applied step was
// edited: its file describes a schema that the database does not have.
func Due(ctx context.Context, s Session, all []migrations.Step) ([]migrations.Step, error) {
	done, err := AppliedMigrations(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", Translate(ctx, err))
	}
	var due []migrations.Step
	for _, m := range all {
		was, known := done[m.Version]
		switch {
		case !known:
			due = append(due, m)
		case was.digest != m.Digest:
			return nil, fmt.Errorf("migration %04d_%s was edited after it had been applied to this database; make a new one instead", m.Version, m.Name)
		}
	}
	return due, nil
}

// MigrationStatus lists, in order, the steps that this program contains and those that
// a newer one applied.
func (d *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	all, err := migrations.Of(d.Dialect.Name)
	if err != nil {
		return nil, err
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", Translate(ctx, err))
	}
	defer func() { _ = conn.Close() }()
	if err := createVersions(ctx, conn); err != nil {
		return nil, err
	}
	done, err := AppliedMigrations(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", Translate(ctx, err))
	}
	status := map[int]Migration{}
	for _, m := range all {
		status[m.Version] = Migration{Version: m.Version, Name: m.Name}
	}
	for version, a := range done {
		status[version] = Migration{Version: version, Name: a.Name, AppliedAt: time.UnixMilli(a.at).UTC()}
	}
	if err := addFinished(ctx, conn, status); err != nil {
		return nil, fmt.Errorf("reading the finished migrations: %w", Translate(ctx, err))
	}
	return slices.SortedFunc(maps.Values(status), func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) }), nil
}

// addFinished adds to the migration that an operator finishes whether it is finished.
func addFinished(ctx context.Context, conn *sql.Conn, status map[int]Migration) error {
	for version, m := range status {
		if m.Name != migrations.ToFinish {
			continue
		}
		m.ToFinish = true
		if !m.AppliedAt.IsZero() {
			var at int64
			err := conn.QueryRowContext(ctx, "SELECT finished_at FROM finished_migrations WHERE name = ?", m.Name).Scan(&at)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if err == nil {
				m.FinishedAt = time.UnixMilli(at).UTC()
			}
		}
		status[version] = m
	}
	return nil
}
