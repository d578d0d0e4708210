package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStormOfFaultsIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		handler := NewCalm(slog.NewJSONHandler(&out, nil), time.Now)
		stop := handler.Start()
		log := slog.New(handler)
		log.With("part", "x").Warn("another kind")
		for second := range 3 {
			for i := range 1000 {
				log.Error("request", "request", fmt.Sprintf("ID%d.%d.", second, i), "route", "/oauth/token", "status", 503)
				log.Info("request", "request", "fine", "route", "/oauth/token", "status", 200)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		log.Error("request", "route", "/login", "status", 500)
		stop()
		text := out.String()
		if n := strings.Count(text, `"level":"ERROR"`); n != 3*(likeLines+1)+1 {
			t.Errorf("%d lines of errors, want %d", n, 3*(likeLines+1)+1)
		}
		if n := strings.Count(text, `"level":"INFO"`); n != 3000 {
			t.Errorf("%d lines of routine, want all 3000", n)
		}
		for second := range 3 {
			for i := range 1000 {
				if id := fmt.Sprintf("ID%d.%d.", second, i); !strings.Contains(text, id) {
					t.Fatalf("request %s is not in the log, want every request named", id)
				}
			}
		}
		if n := strings.Count(text, fmt.Sprintf(`"lines":%d`, 1000-likeLines)); n != 3 || !strings.Contains(text, `"msg":"another kind","part":"x"`) {
			t.Errorf("%d lines sum up the rest, want 3 and the line of another kind:\n%s", n, text)
		}
	})
}

// TestAStormKeepsItsReasons checks that the summary counts the first few distinct reasons.
func TestAStormKeepsItsReasons(t *testing.T) {
	var out bytes.Buffer
	handler := NewCalm(slog.NewJSONHandler(&out, nil), time.Now)
	log := slog.New(handler)
	for range likeLines {
		log.Error("request", "why", "written as it is")
	}
	for i := range 100 {
		log.Error("request", "why", "the database is away")
		if i%10 == 0 {
			log.Error("request", "why", fmt.Errorf("session %d: %w", i, errors.New("no room")))
		}
		log.Error("request", "why", strings.Repeat("é", 1000))
		log.Warn("sweep", "error", errors.New("it is slow"))
		log.Warn("nothing to say")
	}
	out.Reset()
	handler.tell(t.Context())
	found := map[string]string{}
	for text := range strings.Lines(out.String()) {
		var line struct{ Like, Why string }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("reading the line %q: %v", text, err)
		}
		found[line.Like] = line.Why
	}
	for like, want := range map[string]string{
		"request": "the database is away (100); session 0: no room (1); " + strings.Repeat("é", reasonBytes/2) +
			" (100); session 10: no room (1); session 20: no room (1); others (7)",
		"sweep":          fmt.Sprintf("it is slow (%d)", 100-likeLines),
		"nothing to say": "",
	} {
		if found[like] != want {
			t.Errorf("reasons of %q = %q, want %q", like, found[like], want)
		}
	}
}
