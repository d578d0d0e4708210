//go:build unix

package rescue_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/rescue"
)

// TestRootGivesNothingAway: the folder belongs to the server, which may put any link
// there. Through these links, root must not reach files elsewhere.
func TestRootGivesNothingAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to somebody else")
	}
	const nobody = 65534
	dsn := testdb.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	if err := migrated(t, dsn).Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	if err := os.Chown(file, nobody, nobody); err != nil {
		t.Fatalf("changing the owner: %v", err)
	}
	elsewhere := t.TempDir()
	for name, target := range map[string]string{"there": filepath.Join(elsewhere, "there"), "not there": filepath.Join(elsewhere, "made")} {
		t.Run(name, func(t *testing.T) {
			if name == "there" {
				if err := os.WriteFile(target, []byte("secret"), 0o600); err != nil {
					t.Fatalf("writing the file: %v", err)
				}
			}
			_ = os.Remove(file + ".lock")
			if err := os.Symlink(target, file+".lock"); err != nil {
				t.Fatalf("making a symbolic link: %v", err)
			}
			if err := rescue.Backup(t.Context(), dsn, filepath.Join(t.TempDir(), "backup")); err == nil {
				t.Error("a lock file that links elsewhere was locked, want an error")
			}
			info, err := os.Stat(target)
			if name == "not there" && !os.IsNotExist(err) {
				t.Errorf("a file was made elsewhere: %v", err)
			}
			if err == nil && info.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Error("a file elsewhere was given to the owner of the database, want it left to root")
			}
		})
	}
}

// TestRestoreThroughALink: a process that opens the database by another name also gets
// the restored one, and blocks a restore while it has the database open.
func TestRestoreThroughALink(t *testing.T) {
	dsn := testdb.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	db := migrated(t, dsn)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := rescue.Backup(t.Context(), dsn, backup); err != nil {
		t.Fatalf("backing the database up: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatalf("making a symbolic link: %v", err)
	}
	restore := func() (rescue.Restored, error) {
		return rescue.Restore(t.Context(), sqlstore.Options{DSN: "sqlite:" + link}, backup, func(context.Context, rescue.Preparing) error { return nil })
	}
	if _, err := restore(); !errors.Is(err, rescue.ErrInUse) {
		t.Errorf("open by its own name: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	was, err := os.Stat(file)
	if err != nil {
		t.Fatalf("reading the file's mode: %v", err)
	}
	if done, err := restore(); err != nil || filepath.Dir(done.Kept) != filepath.Dir(file) {
		t.Fatalf("restored: %+v, %v; want the old one kept in the same folder", done, err)
	}
	if now, err := os.Stat(file); err != nil || os.SameFile(was, now) {
		t.Errorf("its own name still leads to the replaced file, %v; want the new one", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	if _, err := restore(); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("over a link that leads nowhere: %v", err)
	}
}

// TestRootLeavesFilesToTheServer: files that root restores, makes or backs up belong to
// the owner of the folder or of the database.
func TestRootLeavesFilesToTheServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to somebody else")
	}
	const nobody = 65534
	folder := func() string {
		folder := t.TempDir()
		if err := os.Chown(folder, nobody, nobody); err != nil {
			t.Fatalf("changing the owner: %v", err)
		}
		return folder
	}
	made := filepath.Join(folder(), "made.db")
	db := connect(t, "sqlite:"+made) // not a copy, which would belong to root
	if err := errors.Join(db.Migrate(t.Context()), db.Close()); err != nil {
		t.Fatalf("making the database: %v", err)
	}
	backup := filepath.Join(t.TempDir(), "backup") // in a folder that belongs to root
	if err := rescue.Backup(t.Context(), "sqlite:"+made, backup); err != nil {
		t.Fatalf("backing the database up: %v", err)
	}
	restored := filepath.Join(folder(), "restored.db")
	_, err := rescue.Restore(t.Context(), sqlstore.Options{DSN: "sqlite:" + restored}, backup, func(context.Context, rescue.Preparing) error { return nil })
	if err != nil {
		t.Fatalf("restoring the database: %v", err)
	}
	for _, file := range []string{made, made + ".lock", backup, restored, restored + ".lock"} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatalf("reading the file's mode: %v", err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != nobody || info.Mode().Perm() != 0o600 {
			t.Errorf("%s belongs to %d and has mode %#o, want %d and 0o600", filepath.Base(file), owner, info.Mode().Perm(), nobody)
		}
	}
}

// TestRootFollowsNoStranger: the owner of the folder cannot make root give away, make or
// replace a file that is not theirs.
func TestRootFollowsNoStranger(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root's files are at stake")
	}
	const nobody = 65534
	folder := t.TempDir()
	secret, nowhere := filepath.Join(folder, "secret"), filepath.Join(folder, "nowhere")
	file := func(name string) string { return filepath.Join(folder, name) }
	link := func(to, name string) {
		if err := errors.Join(os.Symlink(to, file(name)), os.Lchown(file(name), nobody, nobody)); err != nil {
			t.Fatalf("making a link as another user: %v", err)
		}
	}
	if err := errors.Join(os.WriteFile(secret, []byte("root's"), 0o600), os.Chown(folder, nobody, nobody), os.Link(secret, file("a.db.lock"))); err != nil {
		t.Fatalf("making a secret, and a folder of another user: %v", err)
	}
	db := connect(t, "sqlite:"+file("a.db"))
	if err := errors.Join(db.Migrate(t.Context()), db.Close()); err != nil {
		t.Fatalf("making the database: %v", err)
	}
	link(nowhere, "b.db")
	if _, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + file("b.db")}); err == nil {
		t.Error("another user's link to a missing file was followed, want an error")
	}
	if _, err := os.Lstat(nowhere); err == nil {
		t.Error("root made the file that another user's link names, want no file")
	}
	link(secret, "c.db")
	backup := filepath.Join(t.TempDir(), "backup")
	if err := rescue.Backup(t.Context(), "sqlite:"+file("a.db"), backup); err != nil {
		t.Fatalf("backing the database up: %v", err)
	}
	_, err := rescue.Restore(t.Context(), sqlstore.Options{DSN: "sqlite:" + file("c.db"), Now: time.Now}, backup, func(context.Context, rescue.Preparing) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "a link that root did not make") {
		t.Errorf(`err = %v, want "a link that root did not make"`, err)
	}
	info, err := os.Stat(secret)
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 || info.Size() != 6 {
		t.Errorf("root's file: %v, %v; want it left as it was", info, err)
	}
}
