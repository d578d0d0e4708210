package metrics

import (
	"database/sql"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (m *Metrics) text() string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestWhatIsCountedIsShown(t *testing.T) {
	m := New("1.2.3")
	m.Request("/oauth/token", "POST", 200, 3*time.Millisecond)
	m.Request("/oauth/token", "POST", 200, 3*time.Millisecond)
	m.InFlight(1)
	m.Throttled("signin", false)
	m.SignIn("login", "ok")
	m.Sessions("ended", 3)
	m.SessionUses("written", 200)
	m.Swept("sessions", 500)
	m.Panic()
	m.Signer("go", "crypto/rsa of go1.26")
	m.Gauge("gatehouse_test_gauge", "A gauge.", func() float64 { return 7 })
	m.GaugeBy("gatehouse_test_by", "By a label.", "state", func() map[string]float64 { return map[string]float64{"signing": 1, "published": 2} })
	m.Pool(func() sql.DBStats {
		return sql.DBStats{OpenConnections: 4, InUse: 2, WaitCount: 9, WaitDuration: 1500 * time.Millisecond}
	})
	text := m.text()
	for _, line := range []string{
		`gatehouse_build_info{version="1.2.3"} 1`,
		`gatehouse_http_requests_total{method="POST",route="/oauth/token",status="200"} 2`,
		`gatehouse_http_request_duration_seconds_bucket{route="/oauth/token",le="0.005"} 2`,
		`gatehouse_http_requests_in_flight 1`,
		`gatehouse_throttle_decisions_total{allowed="false",kind="signin"} 1`,
		`gatehouse_sign_ins_total{method="login",result="ok"} 1`,
		`gatehouse_sessions_total{event="ended"} 3`,
		`gatehouse_session_uses_total{result="written"} 200`,
		`gatehouse_swept_rows_total{table="sessions"} 500`,
		`gatehouse_panics_total 1`,
		`gatehouse_signer_info{library="crypto/rsa of go1.26",signer="go"} 1`,
		`gatehouse_test_gauge 7`,
		`gatehouse_test_by{state="published"} 2`,
		`gatehouse_test_by{state="signing"} 1`,
		`gatehouse_database_connections_open 4`,
		`gatehouse_database_connections_in_use 2`,
		`gatehouse_database_waits_total 9`,
		`gatehouse_database_wait_seconds_total 1.5`,
		`# HELP gatehouse_sign_ins_total `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("want the line %s, found:\n%s", line, text)
		}
	}
	if !strings.Contains(text, "\ngo_goroutines ") {
		t.Error("the figures have no go_goroutines, want those of the Go runtime")
	}
}

func TestTwoSetsAreApart(t *testing.T) {
	a, b := New("a"), New("b")
	a.Panic()
	if !strings.Contains(b.text(), "gatehouse_panics_total 0") {
		t.Error("a panic of one server was counted by another, want a counter each")
	}
}
