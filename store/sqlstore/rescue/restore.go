package rescue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/dbfile"
	"gatehouse/store/sqlstore/engine"
	"gatehouse/store/sqlstore/migrations"
)

// ErrInUse is dbfile.ErrInUse.
var ErrInUse = dbfile.ErrInUse

// A Restored describes a restore that replaced a database.
type Restored struct {
	// Kept is where the replaced database is; empty if no database was replaced.
	Kept string
	// Unread is why the replaced database could not be read; nil if it could.
	Unread error
}

// Prepare makes a backup ready before anybody can use it. If it returns an error, the
// restore ends and changes nothing.
type Prepare func(context.Context, Preparing) error

// Preparing is the argument of Prepare, valid until that returns.
type Preparing struct {
	Restored *sqlstore.DB
	// Replaced is the database that will be replaced, for reading only; nil if it does
	// not exist or cannot be read.
	Replaced *sqlstore.DB
	// Kept is the name, in its folder, that the replaced database will get.
	Kept string

	restoring *restoring
}

// Earlier opens, for reading only, a database that an earlier restore replaced and gave
// this name.
func (p Preparing) Earlier(ctx context.Context, name string) (*sqlstore.DB, error) {
	r := p.restoring
	file := filepath.Join(filepath.Dir(r.file), filepath.Base(name))
	info, err := os.Lstat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", file)
	}
	db, err := engine.OpenToLook(r.options, file)
	if err != nil {
		return nil, err
	}
	err = undamaged(ctx, db.Pool(), "quick_check")
	if err == nil {
		err = upToDate(ctx, db.Pool())
	}
	if err != nil {
		_ = db.Close() // err matters more
		return nil, err
	}
	earlier := &sqlstore.DB{DB: db}
	r.earlier = append(r.earlier, earlier)
	return earlier, nil
}

// Restore replaces the database of o with the backup in the file from. It first copies,
// checks and prepares the backup. The replaced database stays beside it under another
// name. Restore returns ErrInUse if any process has the database open.
//
// Whenever the process is killed, the name leads to one of the two databases, complete.
// The new one gets the name by a single rename. Before that, Restore merges the old one's
// log into it, since SQLite would apply the log to any file with that name.
func Restore(ctx context.Context, o sqlstore.Options, from string, prepare Prepare) (done Restored, err error) {
	o = o.WithDefaults()
	at, err := engine.ParseDSN(o.DSN)
	if err != nil {
		return Restored{}, err
	}
	if at.File == "" {
		return Restored{}, ErrNotEmbedded
	}
	if dbfile.StrangersLink(at.File) {
		return Restored{}, fmt.Errorf("%s is a link that root did not make; name the file itself", at.File)
	}
	file := dbfile.Resolved(at.File) // a link stays, and leads to the new database
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return Restored{}, fmt.Errorf("%s is not a file, or is a link that leads nowhere; name the file itself", file)
	}
	held, err := dbfile.Lock(file, true)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = held.Close() }()
	r := &restoring{options: o, file: file, kept: file + ".replaced-" + o.Now().UTC().Format("20060102T150405.000Z")}
	defer func() { err = errors.Join(err, r.clean()) }()
	if err := r.copyBackup(ctx, from); err != nil {
		return Restored{}, fmt.Errorf("the backup %s: %w", from, err)
	}
	if err := r.close(ctx); err != nil {
		return Restored{}, err
	}
	if err := r.ready(ctx, prepare); err != nil {
		return Restored{}, err
	}
	return r.replace()
}

// restoring is a restore in progress.
type restoring struct {
	options sqlstore.Options
	file    string
	draft   string         // the copy of the backup
	there   bool           // there is a database to replace
	unread  error          // why that cannot be read
	kept    string         // the name that it will get
	earlier []*sqlstore.DB // open databases that earlier restores replaced
}

// sides are the suffixes of the files that SQLite keeps beside a database, and applies
// to any file with its name.
var sides = []string{"-wal", "-shm", "-journal"}

func (r *restoring) clean() error {
	if r.draft == "" {
		return nil // no draft was made
	}
	var err error
	for _, end := range append([]string{""}, sides...) {
		if failed := os.Remove(r.draft + end); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// copyBackup copies the backup, without opening it, and checks the copy.
func (r *restoring) copyBackup(ctx context.Context, from string) (err error) {
	if err := complete(from); err != nil {
		return err
	}
	if err := removeDrafts(r.file); err != nil {
		return err
	}
	if r.draft, err = newDraft(r.file); err != nil {
		return err
	}
	if err := copyFile(from, r.draft); err != nil {
		return err
	}
	_, err = Inspect(ctx, r.draft)
	return err
}

// complete refuses a file with a log beside it, which holds committed changes that are
// not yet in the file, or uncommitted ones that must be undone.
func complete(file string) error {
	for end, name := range map[string]string{"-wal": "a write-ahead log", "-journal": "a rollback journal"} {
		beside := dbfile.Resolved(file) + end // where SQLite looks for it
		info, err := os.Stat(beside)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case info.Size() > 0:
			return fmt.Errorf("it has %s beside it, %s, so it is not a backup but a database that was copied or is in use; make a backup of it with: gatehouse backup FILE --database sqlite:%s", name, beside, file)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                           // opened only for reading
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|dbfile.NoFollow, 0o600) //nolint:gosec // G304: as above
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// close merges the existing database's log into it, so that it is one file. The merge
// fails while any process has the database open, even one that does not use our lock.
func (r *restoring) close(ctx context.Context) error {
	_, err := os.Stat(r.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	r.there = true
	if r.unread = oneFile(ctx, r.file); errors.Is(r.unread, dbfile.ErrInUse) {
		return r.unread
	}
	return nil
}

// oneFile merges the write-ahead log of a database into it. A damaged database is left as
// it is, since somebody may be able to repair it.
func oneFile(ctx context.Context, file string) error {
	if err := quickCheck(ctx, file); err != nil {
		return inUse(err)
	}
	pool, err := engine.RawSQLite(file, "rw")
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	var mode string
	if err := pool.QueryRowContext(ctx, "PRAGMA journal_mode=DELETE").Scan(&mode); err != nil {
		return inUse(err)
	}
	if mode != "delete" {
		return dbfile.ErrInUse
	}
	return nil
}

func quickCheck(ctx context.Context, file string) error {
	pool, err := engine.RawSQLite(file, "ro")
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	return undamaged(ctx, pool, "quick_check")
}

func inUse(err error) error {
	if engine.Busy(err) {
		return dbfile.ErrInUse
	}
	return err
}

// ready migrates the copy and calls prepare.
func (r *restoring) ready(ctx context.Context, prepare Prepare) (err error) {
	restored, err := r.open(ctx, r.draft)
	if err != nil {
		return err
	}
	replaced := r.openReplaced(ctx)
	err = restored.Migrate(ctx)
	if err == nil {
		err = prepare(ctx, Preparing{restored, replaced, filepath.Base(r.kept), r})
	}
	for _, db := range r.earlier {
		err = errors.Join(err, db.Close())
	}
	if replaced != nil {
		err = errors.Join(err, replaced.Close(), oneFile(ctx, r.file))
	}
	if err = errors.Join(err, restored.Close()); err != nil {
		return err
	}
	return errors.Join(oneFile(ctx, r.draft), dbfile.LikeOwner(r.draft, r.file), syncFile(r.draft))
}

// open opens a file whose lock we hold already.
func (r *restoring) open(ctx context.Context, file string) (*sqlstore.DB, error) {
	db, err := engine.OpenLocked(ctx, r.options, file, nil)
	return &sqlstore.DB{DB: db}, err
}

// openReplaced opens the existing database if this program can read its schema. It does
// not migrate the database, which must stay as it was.
func (r *restoring) openReplaced(ctx context.Context) *sqlstore.DB {
	if !r.there || r.unread != nil {
		return nil
	}
	if r.unread = r.current(ctx); r.unread != nil {
		return nil
	}
	replaced, err := r.open(ctx, r.file)
	if r.unread = err; err != nil {
		return nil
	}
	return replaced
}

// current returns an error if the schema of the existing database is not the current one.
func (r *restoring) current(ctx context.Context) error {
	pool, err := engine.RawSQLite(r.file, "ro")
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	return upToDate(ctx, pool)
}

func upToDate(ctx context.Context, pool *sql.DB) error {
	return withConn(ctx, pool, func(conn *sql.Conn) error {
		all, err := migrations.Of("sqlite")
		if err != nil {
			return err
		}
		due, err := engine.Due(ctx, conn, all)
		if err == nil && len(due) > 0 {
			err = fmt.Errorf("its schema is that of an older version: migration %04d_%s is missing", due[0].Version, due[0].Name)
		}
		return err
	})
}

func withConn(ctx context.Context, pool *sql.DB, f func(*sql.Conn) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return f(conn)
}

// replace gives the old database another name, and then its name to the copy.
func (r *restoring) replace() (Restored, error) {
	if err := r.keep(r.kept); err != nil {
		return Restored{}, fmt.Errorf("keeping the replaced database: %w", err)
	}
	if err := os.Rename(r.draft, r.file); err != nil {
		return Restored{}, err
	}
	done := Restored{Unread: r.unread}
	if r.there {
		done.Kept = r.kept
	}
	return done, syncFile(filepath.Dir(r.file))
}

// keep gives the old database, and the files beside it, second names, and removes the
// names of the files beside it. Only a damaged database still has such files. If the
// process is killed before the rename, they remain only under their second names.
func (r *restoring) keep(kept string) error {
	var beside []string
	for _, end := range append([]string{""}, sides...) {
		err := also(r.file+end, kept+end)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case end != "":
			beside = append(beside, r.file+end)
		}
	}
	if err := syncFile(filepath.Dir(r.file)); err != nil {
		return err
	}
	for _, name := range beside {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// also gives a file a second name or, on file systems without links, makes a copy.
func also(name, second string) error {
	err := os.Link(name, second)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(copyFile(name, second), dbfile.LikeOwner(second, name))
}
