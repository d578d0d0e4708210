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

// A Restored tells of a database that was put in the place of another.
type Restored struct {
	// Kept is where the replaced database is; empty: there was none.
	Kept string
	// Unread says why the replaced database could not be read, if it could not.
	Unread error
}

// Prepare makes a backup ready before anybody can use it. An error puts an end to the
// restoring, and nothing was changed.
type Prepare func(context.Context, Preparing) error

// Preparing is what Prepare works on, until it returns.
type Preparing struct {
	Restored *sqlstore.DB
	// Replaced is the database in whose place the other is to be put, to be read only;
	// nil if there is none that can be read.
	Replaced *sqlstore.DB
	// Kept is the name in its folder that the replaced database is to have.
	Kept string

	restoring *restoring
}

// Earlier opens a database that an earlier restoring replaced and gave this name, to be
// read only.
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
		_ = db.Close() // err is what matters
		return nil, err
	}
	earlier := &sqlstore.DB{DB: db}
	r.earlier = append(r.earlier, earlier)
	return earlier, nil
}

// Restore puts the backup in the file from in the place of the database of o. The
// file is copied, checked and prepared first; the replaced database stays beside it
// under another name. It returns ErrInUse if anybody has the database open.
//
// Whenever the process is killed, the name leads to the one or to the other, whole:
// the new one gets it by one rename, and the log of the old one, which SQLite would
// apply to whatever has the name, is brought into the old one before.
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
	file := dbfile.Resolved(at.File) // a link stays one: under another name the file is the new one, too
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return Restored{}, fmt.Errorf("%s is no file, or a link that leads nowhere; name the file itself", file)
	}
	held, err := dbfile.Lock(file, true)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = held.Close() }()
	r := &restoring{options: o, file: file, kept: file + ".replaced-" + o.Now().UTC().Format("20060102T150405.000Z")}
	defer func() { err = errors.Join(err, r.clean()) }()
	if err := r.take(ctx, from); err != nil {
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
	there   bool           // there is a database to be replaced
	unread  error          // why it cannot be read
	kept    string         // what it is to be called
	earlier []*sqlstore.DB // what was replaced earlier, while it is read
}

// sides are the ends of the names of the files that SQLite keeps beside a database,
// and applies to whatever has its name.
var sides = []string{"-wal", "-shm", "-journal"}

func (r *restoring) clean() error {
	if r.draft == "" {
		return nil // refused before there was one
	}
	var err error
	for _, end := range append([]string{""}, sides...) {
		if failed := os.Remove(r.draft + end); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// take copies the backup, which itself is not opened, and checks the copy.
func (r *restoring) take(ctx context.Context, from string) (err error) {
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

// complete refuses a file of which a part is in a log beside it: what is committed and
// not in the file yet, or what has to be taken out of it again.
func complete(file string) error {
	for end, name := range map[string]string{"-wal": "a write-ahead log", "-journal": "a rollback journal"} {
		beside := dbfile.Resolved(file) + end // where SQLite would look for it
		info, err := os.Stat(beside)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case info.Size() > 0:
			return fmt.Errorf("it has %s beside it, %s, so it is no backup but a database that was copied or is in use; make a backup of it with: gatehouse backup FILE --database sqlite:%s", name, beside, file)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                           // only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|dbfile.NoFollow, 0o600) //nolint:gosec // G304: as above
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// close brings the log of the database that is there into it, so that it is one
// file. That works only while no other process has it open: a program that knows nothing of
// our lock is noticed here.
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

// oneFile ends the write-ahead log of a database. One that is damaged is left as it
// is, for somebody who may be able to mend it.
func oneFile(ctx context.Context, file string) error {
	if err := whole(ctx, file); err != nil {
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

func whole(ctx context.Context, file string) error {
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

// ready migrates the copy and has it prepared.
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

// open opens one of the files whose lock is ours already.
func (r *restoring) open(ctx context.Context, file string) (*sqlstore.DB, error) {
	db, err := engine.OpenLocked(ctx, r.options, file, nil)
	return &sqlstore.DB{DB: db}, err
}

// openReplaced opens the database that is there if its schema is the one that this
// program reads. It is not migrated: it stays as it was.
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

// current reports why the database that is there is not one that this program reads.
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

// replace gives the copy the name, after the old database was given another one.
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

// keep gives the old database, and what is beside it, other names. Only one that is
// damaged still has anything beside it. A kill just before the rename leaves it
// without, and that is with the copy.
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

// also gives a file a second name; where there are no links, a copy.
func also(name, second string) error {
	err := os.Link(name, second)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(copyFile(name, second), dbfile.LikeOwner(second, name))
}
