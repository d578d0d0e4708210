package rescue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestANameIsGivenToAWholeFile: whoever looks meets all of it or nothing. A folder
// that is looked at in a loop catches what is there for a moment only.
func TestANameIsGivenToAWholeFile(t *testing.T) {
	folder := t.TempDir()
	draft, to := filepath.Join(folder, "draft"), filepath.Join(folder, "backup")
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			if info, err := os.Stat(to); err == nil && info.Size() == 0 {
				t.Error("an empty file had the name, want it whole or not there")
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range 1000 {
		writeDraft(t, draft, "whole")
		if err := giveName(draft, to); err != nil {
			t.Fatalf("giving the draft its name: %v", err)
		}
		_ = os.Remove(draft) // which a link leaves; not to be cut short while it is looked at
		if err := os.Remove(to); err != nil {
			t.Fatalf("removing the file: %v", err)
		}
	}
	close(done)
	wg.Wait()
}

// TestEveryWayToANameOverwritesNothing: of a file system that has only some of them.
func TestEveryWayToANameOverwritesNothing(t *testing.T) {
	for name, way := range map[string]func(draft, to string) error{"link": os.Link, "rename": renameToFree, "reserve": reserve, "any": giveName} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			draft, to := filepath.Join(folder, "draft"), filepath.Join(folder, "backup")
			writeDraft(t, draft, "first")
			err := way(draft, to)
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip("not on this system")
			}
			if got, _ := os.ReadFile(to); err != nil || string(got) != "first" {
				t.Fatalf(`value %q, %v; want "first"`, got, err)
			}
			_ = os.Remove(draft) // a link leaves it
			writeDraft(t, draft, "second")
			if err := way(draft, to); !errors.Is(err, fs.ErrExist) {
				t.Errorf("over a file: %v", err)
			}
			if got, _ := os.ReadFile(to); string(got) != "first" {
				t.Errorf(`the value is %q now, want "first"`, got)
			}
			if err := way(draft, filepath.Join(folder, "nowhere", "backup")); err == nil || errors.Is(err, fs.ErrExist) {
				t.Errorf("in no folder: %v", err)
			}
		})
	}
}

func writeDraft(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

// TestABackupIsOneFile: a part of it that is in a log is looked for where SQLite
// would, behind a link.
func TestABackupIsOneFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "backup.db")
	writeDraft(t, file, "whole")
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatalf("making a symbolic link: %v", err)
	}
	for end, word := range map[string]string{"-wal": "write-ahead log", "-journal": "rollback journal"} {
		writeDraft(t, file+end, "")
		if err := complete(link); err != nil {
			t.Errorf("an empty %s: %v", end, err)
		}
		writeDraft(t, file+end, "pages")
		for _, name := range []string{file, link} {
			if err := complete(name); err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s beside %s: %v", end, name, err)
			}
		}
		if err := os.Remove(file + end); err != nil {
			t.Fatalf("removing the file: %v", err)
		}
	}
}
