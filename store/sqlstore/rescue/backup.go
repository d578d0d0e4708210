// Package rescue backs up, restores and examines the database of package sqlstore, for
// operators.
package rescue

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gatehouse/store/sqlstore/dbfile"
	"gatehouse/store/sqlstore/engine"
	"gatehouse/store/sqlstore/migrations"
)

// ErrNotEmbedded means that the database is a server, which has its own tools.
var ErrNotEmbedded = errors.New("the database is not a SQLite file")

// Backup writes the database, as it is at one moment, to a new file that only the owner
// of the database can read. Other processes can read and write meanwhile. The file
// appears under its name when it is complete, checked and on the disk. If a file has
// that name already, it stays, and Backup returns fs.ErrExist.
func Backup(ctx context.Context, dsn, to string) (err error) {
	at, err := engine.ParseDSN(dsn)
	if err != nil {
		return err
	}
	if at.File == "" {
		return ErrNotEmbedded
	}
	if _, err := os.Stat(at.File); err != nil {
		return fmt.Errorf("backing up: %w", err) // opening a missing file would make it
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("backing up to %s: %w", to, cmp.Or(err, fs.ErrExist))
	}
	held, err := dbfile.Lock(at.File, false)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	draft, err := newDraft(to)
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	defer func() { _ = os.Remove(draft) }() // fails if the draft has got its name
	if err := engine.CopySQLite(ctx, at.File, draft); err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	if err := sameContent(ctx, at.File, draft); err != nil {
		return fmt.Errorf("checking the backup: %w", err)
	}
	if err := dbfile.LikeOwner(draft, at.File); err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	return publish(draft, to)
}

// newDraft makes an empty file, with mode 0600, beside the one that it will become.
func newDraft(file string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".draft-*")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// removeDrafts removes drafts that a killed process left behind.
func removeDrafts(file string) error {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".draft-*"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// sameContent checks that a copy is undamaged and has the schema of the original.
func sameContent(ctx context.Context, file, draft string) error {
	want, err := schemaOf(ctx, file)
	if err != nil {
		return err
	}
	got, err := Inspect(ctx, draft)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("it has the migrations %v, but the database has %v", got, want)
	}
	return nil
}

// publish writes a draft to the disk and gives it its name, which must be free.
func publish(draft, to string) error {
	if err := syncFile(draft); err != nil {
		return err
	}
	if err := giveName(draft, to); err != nil {
		return err
	}
	return syncFile(filepath.Dir(to))
}

// giveName gives the file its name in one step, and overwrites nothing. File systems
// without links (FAT, some mounts) use a rename on Linux. If that fails, too, giveName
// first reserves the name with an empty file, which stays if the process is killed.
func giveName(draft, to string) (err error) {
	for _, way := range []func(draft, to string) error{os.Link, renameToFree, reserve} {
		if err = way(draft, to); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return err
}

func reserve(draft, to string) error {
	reserved, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return err
	}
	if err := errors.Join(reserved.Close(), os.Rename(draft, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// syncFile writes a file, or the names in a folder, to the disk.
func syncFile(name string) error {
	f, err := os.Open(name) //nolint:gosec // G304: as above
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Inspect checks that a file, which must not be in use, is an undamaged database of
// Gatehouse and not newer than this program. It returns the migrations that made its
// schema, and changes nothing.
func Inspect(ctx context.Context, file string) (versions []int, err error) {
	pool, err := engine.RawSQLite(file, "ro")
	if err != nil {
		return nil, err
	}
	defer func() { _ = pool.Close() }()
	if err := undamaged(ctx, pool, "integrity_check"); err != nil {
		return nil, err
	}
	return knownSchema(ctx, pool)
}

func schemaOf(ctx context.Context, file string) ([]int, error) {
	pool, err := engine.RawSQLite(file, "ro")
	if err != nil {
		return nil, err
	}
	defer func() { _ = pool.Close() }()
	return knownSchema(ctx, pool)
}

// undamaged runs one of SQLite's checks: integrity_check, or quick_check, which does not
// compare indexes with their tables.
func undamaged(ctx context.Context, pool *sql.DB, check string) error {
	var first string
	if err := pool.QueryRowContext(ctx, "PRAGMA "+check+"(1)").Scan(&first); err != nil {
		return err
	}
	if first != "ok" {
		return fmt.Errorf("it is damaged: %s", first)
	}
	return nil
}

// knownSchema returns the applied migrations. It returns an error if this program does
// not contain all of them.
func knownSchema(ctx context.Context, pool *sql.DB) ([]int, error) {
	all, err := migrations.Of("sqlite")
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	done, err := engine.AppliedMigrations(ctx, conn)
	if err != nil || len(done) == 0 {
		return nil, fmt.Errorf("it is not a database of Gatehouse: %w", cmp.Or(err, errors.New("it has no schema")))
	}
	if _, err := engine.Due(ctx, conn, all); err != nil {
		return nil, err
	}
	var versions []int
	for version, m := range done {
		if version > all[len(all)-1].Version {
			return nil, fmt.Errorf("its schema has the migration %04d_%s, which this program does not know; use the version of Gatehouse that made it, or a newer one", version, m.Name)
		}
		versions = append(versions, version)
	}
	slices.Sort(versions)
	return versions, nil
}
