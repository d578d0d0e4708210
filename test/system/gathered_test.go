package system_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// TestWhatIsGatheredIsWrittenAtTheStop keeps a server busy until it is told to stop: every
// refusal whose address an app got is there afterwards, and every token is counted. Both are
// gathered in memory, refusals for a second and counts for five.
func TestWhatIsGatheredIsWrittenAtTheStop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.a = s.start(t, "A")
	s.register(t)
	const rounds = 100
	var pages []string
	for range rounds {
		s.a.ask(s.watch.token("grant_type", "client_credentials")).must(t, http.StatusOK)
		refused := s.a.ask(request{path: "/oauth/token", as: s.watch, from: s.network(), form: url.Values{"grant_type": {"password"}}}).must(t, http.StatusBadRequest)
		var told struct {
			Page string `json:"error_uri"`
		}
		read(t, string(refused.body), &told)
		pages = append(pages, told.Page)
	}
	_ = s.a.cmd.Process.Signal(syscall.SIGTERM)
	if code := s.a.wait(t); code != 0 {
		t.Fatalf("the exit code is %d, want 0", code)
	}
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + filepath.Join(s.folder, "gatehouse.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	defer db.Close()
	lost := 0
	for _, page := range pages {
		if _, err := db.RefusalByID(t.Context(), page[strings.LastIndexByte(page, '/')+1:]); err != nil {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d refusals are lost, want none", lost, len(pages))
	}
	uses, err := db.Uses(t.Context(), s.watch.id, time.Now().Add(-2*time.Hour))
	if err != nil {
		t.Fatalf("reading the counts: %v", err)
	}
	counted := int64(0)
	for _, use := range uses {
		if use.Kind == store.Tokens {
			counted += use.N
		}
	}
	if counted != rounds {
		t.Errorf("%d tokens are counted, want %d", counted, rounds)
	}
}
