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

// TestANameIsGivenToAWholeFile: a reader finds the complete file or none. The test lists
// the folder in a loop, to catch even what exists only for a moment.
func TestANameIsGivenToAWholeFile(t *testing.T) {
	folder := t.TempDir()
	draft, to := filepath.Join(folder, "draft"), filepath.Join(folder, "backup")
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			if info, err := os.Stat(to); err == nil && info.Size() == 0 {
				t.Error("an empty file had the name, want the complete file or none")
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
		_ = os.Remove(draft) // giving the name by a link leaves the draft
		if err := os.Remove(to); err != nil {
			t.Fatalf("removing the file: %v", err)
		}
	}
	close(done)
	wg.Wait()
}

// TestEveryWayToANameOverwritesNothing tests each way on its own, since some file systems
// have only some of them.
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
			_ = os.Remove(draft) // giving the name by a link leaves the draft
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

// TestABackupIsOneFile: a file with a log beside it is refused as a backup. The log is
// sought where SQLite would look for it, behind a link.
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
