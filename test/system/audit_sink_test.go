package system_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// An event is one of the audit log.
type event struct {
	ID   int64  `json:"id"`
	Kind string `json:"kind"`
}

// TestTheAuditLogReachesItsSink kills one of two servers while people sign in, rotates the
// files, and starts it again.
func TestTheAuditLogReachesItsSink(t *testing.T) {
	t.Parallel()
	for _, b := range backends()[:2] {
		t.Run(b.name, func(t *testing.T) {
			s := newSite(t, b.settings(t)...)
			files := []string{filepath.Join(s.folder, "a.jsonl"), filepath.Join(s.folder, "b.jsonl")}
			sinkOf := func(i int) string { return "GATEHOUSE_AUDIT_SINK=file:" + files[i] }
			s.a, s.b = s.start(t, "A", sinkOf(0)), s.start(t, "B", sinkOf(1))
			s.reaches(t, 0, files...) // it has begun
			s.register(t)
			lena := s.create(t, "lena", "user")
			for range 3 {
				s.signIn(t, s.a, lena)
			}
			s.reaches(t, 5, files...)
			for _, file := range files {
				if err := os.Rename(file, file+".1"); err != nil && !os.IsNotExist(err) {
					t.Fatalf("rotating the file: %v", err)
				}
				files = append(files, file+".1")
			}
			s.signIn(t, s.a, lena)
			s.a.kill()
			s.signIn(t, s.b, lena)
			s.a = s.start(t, "A again", sinkOf(0))
			s.b.ask(s.shop.grant(person{name: lena.name, password: "wrong"})).is(t, http.StatusBadRequest)
			s.reaches(t, 8, files...)
			s.a.stop(t)
			s.b.stop(t)
		})
	}
}

// reaches waits until the files have at least n events, and each that is in the log.
func (s *site) reaches(t *testing.T, n int, files ...string) {
	t.Helper()
	logged := readLines[event](t, s.run(t, "", "audit", "--json", "--limit", "10000"))
	if len(logged) < n {
		t.Fatalf("%d events are in the log, want at least %d", len(logged), n)
	}
	testkit.Within(t, patience, "each event is in the sink", func() error {
		var there []event
		for _, file := range files {
			text, _ := os.ReadFile(file) // made with the first event
			for line := range strings.Lines(string(text)) {
				var e event
				if json.Unmarshal([]byte(line), &e) == nil {
					there = append(there, e)
				}
			}
		}
		for _, e := range logged {
			if e.Kind != "key.created" && !slices.Contains(there, e) { // the first key may come before the sink
				return fmt.Errorf("%+v is missing among %d lines", e, len(there))
			}
		}
		return nil
	})
}
