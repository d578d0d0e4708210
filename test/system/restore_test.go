package system_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestKilledRestore checks that a killed restore leaves either the old or the new
// database, complete, and that the next command works.
func TestKilledRestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create(t, "before", "admin")
	backup := filepath.Join(t.TempDir(), "backup.db")
	s.run(t, "", "backup", backup)
	began := time.Now()
	s.run(t, "", "restore", backup)
	length := time.Since(began)
	restored := 0
	const rounds = 25
	for range rounds {
		if !slices.Contains(s.names(t), "since") {
			s.create(t, "since", "user")
		}
		cmd := s.command(t, "restore", backup)
		if err := cmd.Start(); err != nil {
			t.Fatalf("starting the command: %v", err)
		}
		time.Sleep(rand.N(length * 5 / 4))
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		names := s.names(t)
		if !slices.Contains(names, "before") {
			t.Fatalf(`the names are %v, want "before" among them`, names)
		}
		if !slices.Contains(names, "since") {
			restored++
		}
		s.run(t, "", "backup", filepath.Join(t.TempDir(), "check.db")) // which checks all of it
	}
	t.Logf("%d of %d restores, which take %s each, finished", restored, rounds, length.Round(time.Millisecond))
}

func (s *site) names(t *testing.T) (names []string) {
	t.Helper()
	for _, p := range s.people(t) {
		names = append(names, p.Username)
	}
	return names
}

// TestRestoreAnOlderThenANewer checks that people who came between the two backups are
// not treated as deleted, and that deleted people are, if a readable database says so.
func TestRestoreAnOlderThenANewer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(t *testing.T, file string) // runs before the older one is restored
		after  func(t *testing.T, file string)
		want   []string
		says   string
	}{
		"all can be read":              {nothing, nothing, []string{"root", "between"}, "People deleted or deactivated since the backup, and now inactive (3): "},
		"a damaged one was replaced":   {spoil, nothing, []string{"root", "between", "between-off", "between-gone"}, "had itself been restored to a point before they existed (3): between, between-off, between-gone"},
		"the replaced one was deleted": {nothing, forget, []string{"root", "between", "between-off", "between-gone"}, "which records what was taken from them since the backup, cannot be read"},
		"the replaced one was damaged": {nothing, wear, []string{"root", "between", "between-off", "between-gone"}, "which records what was taken from them since the backup, cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			file := filepath.Join(s.folder, "gatehouse.db")
			older, newer := filepath.Join(s.folder, "older"), filepath.Join(s.folder, "newer")
			s.create(t, "root", "admin")
			s.create(t, "leaver", "user")
			s.run(t, "", "backup", older)
			for _, name := range []string{"between", "between-off", "between-gone"} {
				s.create(t, name, "user")
			}
			s.run(t, "", "backup", newer)
			s.run(t, "", "user", "deactivate", "between-off")
			s.run(t, "", "user", "delete", "between-gone")

			c.before(t, file)
			s.run(t, "", "restore", older)
			s.run(t, "", "user", "delete", "leaver")
			c.after(t, file)
			_, said, code := s.try(t, "", "restore", newer)
			if code != 0 || !strings.Contains(said, c.says) {
				t.Errorf("exit code %d: %s\nwant 0 and %q", code, said, c.says)
			}
			if got := s.active(t); !slices.Equal(got, c.want) {
				t.Errorf("the active people are %v, want %v: %s", got, c.want, said)
			}
		})
	}
}

func nothing(*testing.T, string) {}

func spoil(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("spoiled"), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

func forget(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(kept(t, file)); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
}

// wear overwrites the replaced database except for its first pages.
func wear(t *testing.T, file string) {
	t.Helper()
	const intact = 8 << 10
	content, err := os.ReadFile(kept(t, file))
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	spoilt := append(content[:intact:intact], bytes.Repeat([]byte("x"), len(content)-intact)...)
	if err := os.WriteFile(kept(t, file), spoilt, 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

func kept(t *testing.T, file string) string {
	t.Helper()
	all, err := filepath.Glob(file + ".replaced-*")
	if err != nil || len(all) != 1 {
		t.Fatalf("listing what was kept: %v, %v; want one file", all, err)
	}
	return all[0]
}

// active returns the names of the people who may sign in, in the order of their sign-up.
func (s *site) active(t *testing.T) (names []string) {
	t.Helper()
	type listed struct {
		Username string
		Active   bool `json:"is_active"`
	}
	for _, u := range readLines[listed](t, s.run(t, "", "user", "list", "--json")) {
		if u.Active {
			names = append(names, u.Username)
		}
	}
	return names
}
