//go:build unix

package sqlstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatehouse/internal/testdb"
	"gatehouse/store/sqlstore"
)

// TestRootGivesNothingAway: the folder is the server's, and so is what it may put
// there; what root is asked to do in it must not reach files elsewhere.
func TestRootGivesNothingAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to somebody else")
	}
	const nobody = 65534
	dsn := testdb.SQLite(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	if err := migrated(t, dsn).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for name, target := range map[string]string{"there": filepath.Join(elsewhere, "there"), "not there": filepath.Join(elsewhere, "made")} {
		t.Run(name, func(t *testing.T) {
			if name == "there" {
				if err := os.WriteFile(target, []byte("secret"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_ = os.Remove(file + ".lock")
			if err := os.Symlink(target, file+".lock"); err != nil {
				t.Fatal(err)
			}
			if err := sqlstore.Backup(t.Context(), dsn, filepath.Join(t.TempDir(), "backup")); err == nil {
				t.Error("a lock that leads elsewhere was taken")
			}
			info, err := os.Stat(target)
			if name == "not there" && !os.IsNotExist(err) {
				t.Errorf("a file was made elsewhere: %v", err)
			}
			if err == nil && info.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Error("a file elsewhere was given to the owner of the database")
			}
		})
	}
}
