package system_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestKilledRestore: whenever a restore is killed, there is the one database or the
// other, whole, and the next command works.
func TestKilledRestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create(t, "before", "admin")
	backup := filepath.Join(t.TempDir(), "backup.db")
	s.run(t, "", "backup", backup)
	began := time.Now()
	s.run(t, "", "restore", backup)
	whole := time.Since(began)
	restored := 0
	const rounds = 25
	for range rounds {
		if !slices.Contains(s.names(t), "since") {
			s.create(t, "since", "user")
		}
		cmd := s.command(t, "restore", backup)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(whole * 5 / 4))
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		names := s.names(t)
		if !slices.Contains(names, "before") {
			t.Fatalf("there are %v", names)
		}
		if !slices.Contains(names, "since") {
			restored++
		}
		s.run(t, "", "backup", filepath.Join(t.TempDir(), "check.db")) // which checks all of it
	}
	t.Logf("of %d, each within %s, %d came to their end", rounds, whole.Round(time.Millisecond), restored)
}

func (s *site) names(t *testing.T) (names []string) {
	t.Helper()
	for _, p := range s.people(t) {
		names = append(names, p.Username)
	}
	return names
}
