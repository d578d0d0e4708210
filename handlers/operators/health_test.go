package operators

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/reqctx"
)

func readiness(t *testing.T, h *Health, query ...string) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := h.Ready(w, httptest.NewRequest("GET", "/healthz/ready"+strings.Join(query, ""), nil)); err != nil {
		t.Fatalf("asking for readiness: %v", err)
	}
	return w.Code, w.Body.String()
}

// A part that hangs delays a probe only until that is certain, even if the part ignores
// its context, and however many probes arrive.
func TestAHungPartDelaysNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hung atomic.Bool
		var asked atomic.Int32
		release := make(chan bool)
		h := &Health{Now: time.Now, Checks: []Check{
			{Name: "database", Ask: func(context.Context) error { asked.Add(1); return nil }},
			{Name: "redis", Ask: func(context.Context) error {
				if hung.Load() {
					<-release
				}
				return nil
			}},
		}}
		for range 50 {
			if code, body := readiness(t, h); code != 200 {
				t.Fatalf("readiness: status %d %s, want 200", code, body)
			}
		}
		if asked.Load() != 1 {
			t.Errorf("%d probes made %d checks, want 1", 50, asked.Load())
		}
		time.Sleep(time.Second)
		hung.Store(true)
		start := time.Now()
		for range 20 {
			go func() {
				if code, _ := readiness(t, h); code != 200 || time.Since(start) > healthPatience {
					t.Errorf("status = %d after %s, want 200 from the last checkup within %s", code, time.Since(start), healthPatience)
				}
			}()
		}
		time.Sleep(2 * healthTimeout)
		synctest.Wait()
		if asked.Load() != 2 {
			t.Errorf("%d checks, want 2", asked.Load())
		}
		start = time.Now()
		code, body := readiness(t, h)
		if code != 503 || time.Since(start) > healthTimeout || !strings.Contains(body, `"redis":"unavailable"`) || !strings.Contains(body, `"database":"ok"`) {
			t.Errorf("status %d %s after %s, want 503 with Redis unavailable within %s", code, body, time.Since(start), healthTimeout)
		}
		hung.Store(false)
		close(release)
		time.Sleep(time.Second)
		if code, body := readiness(t, h); code != 200 {
			t.Errorf("after the part has recovered: status = %d %s, want 200", code, body)
		}
	})
}

// A server that starts or shuts down is not ready, and nothing is wrong with it.
func TestAPhaseIsNotAFault(t *testing.T) {
	starting := Check{Name: "keys", Local: true, Ask: func(context.Context) error { return Phase("the first signing key is being made") }}
	broken := Check{Name: "database", Ask: func(context.Context) error { return errors.New("away") }}
	for _, c := range []struct {
		name   string
		checks []Check
		want   bool
	}{
		{"only a phase", []Check{starting}, true},
		{"a fault", []Check{broken}, false},
		{"a phase and a fault", []Check{starting, broken}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			info := &reqctx.Info{}
			r := httptest.NewRequest("GET", "/healthz/ready", nil)
			w := httptest.NewRecorder()
			h := &Health{Now: time.Now, Checks: c.checks}
			if err := h.Ready(w, r.WithContext(reqctx.With(r.Context(), info))); err != nil || w.Code != 503 {
				t.Fatalf("readiness: status = %d, %v, want 503", w.Code, err)
			}
			if info.Expected != c.want || info.Err == nil {
				t.Errorf("expected = %t, why = %v; want %t and a reason", info.Expected, info.Err, c.want)
			}
		})
	}
}

// A local check runs every time, so that a process that shuts down says so at once.
func TestLocalChecksRunEveryTime(t *testing.T) {
	var stopping atomic.Bool
	h := &Health{Now: time.Now, Checks: []Check{{Name: "serving", Local: true, Ask: func(context.Context) error {
		if stopping.Load() {
			return errors.New("shutting down")
		}
		return nil
	}}}}
	if code, body := readiness(t, h); code != 200 {
		t.Fatalf("readiness: status %d %s, want 200", code, body)
	}
	stopping.Store(true)
	if code, body := readiness(t, h); code != 503 || !strings.Contains(body, `"serving":"unavailable"`) {
		t.Errorf(`status = %d %s, want 503 and "serving":"unavailable"`, code, body)
	}
}

// A part that may fail is still reported, but does not make the status 503, unless its
// check is local.
func TestPartsThatMayFail(t *testing.T) {
	failing := func(name string, local, fails bool) Check {
		return Check{Name: name, Local: local, Ask: func(context.Context) error {
			if fails {
				return errors.New("away")
			}
			return nil
		}}
	}
	for _, c := range []struct {
		query                    string
		database, redis, serving bool // whether it fails
		code                     int
		body                     string
	}{
		{"", false, true, false, 503, `"status":"unavailable"`},
		{"?may-fail=redis", false, true, false, 200, `"status":"degraded"`},
		{"?may-fail=redis", false, false, false, 200, `"status":"ok"`},
		{"?may-fail=redis", true, true, false, 503, `"status":"unavailable"`},
		{"?may-fail=database,redis", true, true, false, 200, `"redis":"unavailable"`},
		{"?may-fail=database,redis,serving", false, true, true, 503, `"status":"unavailable"`},
		{"?may-fail=somebody", false, false, false, 200, `"status":"ok"`},
	} {
		h := &Health{Now: time.Now, Checks: []Check{failing("database", false, c.database), failing("redis", false, c.redis), failing("serving", true, c.serving)}}
		if code, body := readiness(t, h, c.query); code != c.code || !strings.Contains(body, c.body) {
			t.Errorf("%+v: %d %s, want %d and %q in the body", c, code, body, c.code, c.body)
		}
	}
}
