package system_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestServersThatStartTogether checks that servers that start together on an empty
// database agree on one schema, one key and one first administrator.
func TestServersThatStartTogether(t *testing.T) {
	t.Parallel()
	for _, b := range backends()[:2] {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, b.settings(t)...)
			var all []*process
			for i := range 3 {
				all = append(all, s.launch(t, fmt.Sprint("server ", i+1)))
			}
			for _, p := range all {
				p.listens(t)
				testkit.Within(t, patience, p.name+" is ready", p.ready)
			}
			one := s.generations(t)
			if len(one) != 1 {
				t.Errorf("signing keys = %v, want one", one)
			}
			for _, p := range all {
				testkit.Within(t, everywhere, p.name+" publishes the key", func() error { return p.publishes(one) })
			}
			s.oneSchema(t)
			s.a, s.b = all[0], all[1]
			s.oneOfThree(t, all)
		})
	}
}

// oneSchema checks that every migration ran once.
func (s *site) oneSchema(t *testing.T) {
	t.Helper()
	seen := map[string]bool{}
	for line := range strings.Lines(s.run(t, "", "migrate", "status")) {
		version := strings.Fields(line)[0]
		if seen[version] || strings.Contains(line, "not yet") {
			t.Errorf("migration %s, want it applied once", line)
		}
		seen[version] = true
	}
}

// oneOfThree redeems the links of all servers at once.
func (s *site) oneOfThree(t *testing.T, all []*process) {
	t.Helper()
	links := make([]string, len(all))
	for i, p := range all {
		links[i] = p.link(t)
	}
	answers := crowd(12, func(i int) answer {
		who := person{name: fmt.Sprint("first", i), password: s.vault.Secret("password")}
		return again(func() answer { return all[i/3%3].ask(setup(links[i%3], who).comingFrom(s.network())) })
	})
	for _, a := range answers {
		a.is(t, http.StatusCreated, http.StatusGone)
	}
	if got := tally(answers)[http.StatusCreated]; got != 1 {
		t.Errorf("%d of 12 became the first administrator, want 1", got)
	}
	if list := s.people(t); len(list) != 1 || list[0].Role != "admin" {
		t.Errorf("people = %+v, want one administrator", list)
	}
}

// TestWrongMasterKey checks that a server with another master key does not start and
// does not change anything, and that one with the right key starts as before.
func TestWrongMasterKey(t *testing.T) {
	t.Parallel()
	for _, b := range backends()[:2] {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, b.settings(t)...)
			first := s.start(t, "first")
			want := s.generations(t)
			first.stop(t)

			key := make([]byte, 32)
			_, _ = rand.Read(key)
			other := "GATEHOUSE_MASTER_KEY=" + s.vault.Keep(base64.StdEncoding.EncodeToString(key))
			for _, args := range [][]string{{"serve"}, {"keys", "rotate"}, {"keys", "list"}} {
				cmd := s.command(t, args...)
				cmd.Env = append(cmd.Env, other)
				if _, said, code := s.finish(t, cmd, ""); code == 0 || !strings.Contains(said, "master key") {
					t.Errorf("gatehouse %v with another master key: code %d, want an error about the master key:\n%s", args, code, said)
				}
			}
			again := s.start(t, "again")
			if err := again.publishes(want); err != nil {
				t.Errorf("with the right key again: the keys published: %v", err)
			}
		})
	}
}

// TestLostMasterKeyFile checks that the server does not make a new master key file
// beside signing keys that it could not open.
func TestLostMasterKeyFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.start(t, "first").stop(t)
	file := filepath.Join(s.folder, "gatehouse.key")
	if err := os.Rename(file, file+".backup"); err != nil {
		t.Fatalf("renaming the file: %v", err)
	}
	if _, said, code := s.try(t, "", "serve"); code == 0 || !strings.Contains(said, "gatehouse.key is missing") {
		t.Errorf("without its master key file: code %d, want an error that names the file:\n%s", code, said)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a new master key file was made, want no such file")
	}
	if err := os.Rename(file+".backup", file); err != nil {
		t.Fatalf("renaming the file: %v", err)
	}
	s.start(t, "again")
}
