package main

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gatehouse/config"
)

// TestTheFiguresAreWired does what the operators' metrics count, and reads them.
func TestTheFiguresAreWired(t *testing.T) {
	c := gather(t, startApp(t, slog.New(slog.DiscardHandler), nil))
	signIn := func(password string) string {
		form := url.Values{"username": {"user"}, "password": {password}}
		r := httptest.NewRequest("POST", "http://x/api/accounts/login/", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return c.serve(r).Body.String()
	}
	signIn("wrong")
	if answer := signIn(crowdPassword); !strings.Contains(answer, "access") {
		t.Fatalf("signing in: answered %s, want an access token", answer)
	}
	c.call("DELETE", "/api/accounts/profile/sessions/", c.token(t, "staff"))
	text := c.call("GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`gatehouse_sign_ins_total{method="login",result="ok"} 1`,
		`gatehouse_sign_ins_total{method="login",result="refused"} 1`,
		`gatehouse_throttle_decisions_total{allowed="true",kind="signin"} 2`,
		`gatehouse_sessions_total{event="started"} 2`,
		`gatehouse_sessions_total{event="ended"} 1`,
		`gatehouse_signing_keys{state="signing"} 1`,
		`gatehouse_signing_key_due_timestamp_seconds 1.`,
		`gatehouse_password_hashes_working 0`,
		`gatehouse_password_hashes_waiting 0`,
		`gatehouse_database_connections_in_use `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("want the line %s in\n%s", line, text)
		}
	}
	if t.Failed() {
		t.Log(text[strings.Index(text, "# HELP gatehouse"):])
	}
}

// TestMetricsArePrivate: by default, no spelling of the path reaches the figures at the
// public address.
func TestMetricsArePrivate(t *testing.T) {
	a := startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) { cfg.MetricsAddr = "" })
	for path, want := range map[string]int{"/metrics": 404, "/metrics/": 404, "//metrics": 404, "/x/../metrics": 404, "/%6detrics": 400, "/metric%73": 400, "/%2Fmetrics": 400} {
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, httptest.NewRequest("GET", "http://x"+path, nil))
		if w.Code != want {
			t.Errorf("GET %s: status %d, want %d", path, w.Code, want)
		}
	}
}
