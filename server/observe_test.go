package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/handlers/pages"
	"gatehouse/internal/metrics"
	"gatehouse/internal/reqctx"
)

// A watched is a door with one endpoint, with its log and its metrics.
type watched struct {
	http.Handler
	log     bytes.Buffer
	metrics *metrics.Metrics
}

func watch(serve http.HandlerFunc, change ...func(*Options)) *watched {
	w := &watched{metrics: metrics.New("test")}
	notAllowed := func(r *http.Request, _ handlers.Route) error { return &api.MethodNotAllowed{Method: r.Method} }
	audience := handlers.Audience{Slash: true, Refuse: api.Refuse, NotAllowed: notAllowed}
	options := Options{Programs: api.Refuse, People: pages.Refuse, Metrics: w.metrics, Log: slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelInfo}))}
	for _, f := range change {
		f(&options)
	}
	w.Handler = New(options, tableOf(audience, handlers.Route{Method: http.MethodGet, Path: "/api/thing", Serve: handlers.Plain(serve)}))
	return w
}

func (w *watched) lines(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(w.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("reading the line %q: %v", line, err)
		}
		all = append(all, fields)
	}
	return all
}

func (w *watched) figures() string {
	r := httptest.NewRecorder()
	w.metrics.Handler().ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	return r.Body.String()
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "http://x"+path, nil))
	return w
}

func TestAPanicIsAnsweredAndItsValueIsNotLogged(t *testing.T) {
	door := watch(func(http.ResponseWriter, *http.Request) { panic("the caller's secret: hunter2") })
	got := ask(door, "GET", "/api/thing/")
	var body struct {
		Detail  string `json:"detail"`
		Request string `json:"request_id"`
	}
	if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
		t.Fatalf("reading the body %q: %v", got.Body, err)
	}
	id := got.Header().Get("X-Request-Id")
	if got.Code != http.StatusInternalServerError || body.Detail != "A server error occurred." || body.Request != id || id == "" {
		t.Errorf(`status %d, body %+v, X-Request-Id %q, want 500, "A server error occurred." and the same id in both`, got.Code, body, id)
	}
	if strings.Contains(door.log.String()+got.Body.String(), "hunter2") {
		t.Errorf("the panic's value is visible, want it nowhere:\n%s%s", door.log.String(), got.Body)
	}
	lines := door.lines(t)
	if len(lines) != 2 || lines[0]["msg"] != "panic" || lines[0]["request"] != id || !strings.Contains(lines[0]["stack"].(string), "TestAPanicIsAnswered") {
		t.Errorf("log lines %v, want two, the first with the panic's stack and request %s", lines, id)
	}
	if last := lines[len(lines)-1]; last["level"] != "ERROR" || last["status"] != 500.0 || last["route"] != "/api/thing" {
		t.Errorf("the request's line: %v, want level ERROR, status 500 and route /api/thing", last)
	}
	if !strings.Contains(door.figures(), "gatehouse_panics_total 1") {
		t.Error("the panic was not counted, want gatehouse_panics_total 1")
	}
}

func TestAPanicHalfwayCutsTheAnswer(t *testing.T) {
	door := watch(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("here")
	})
	server := httptest.NewServer(door)
	defer server.Close()
	answer, err := http.Get(server.URL + "/api/thing")
	if err == nil {
		_, err = io.ReadAll(answer.Body)
		answer.Body.Close()
	}
	if err == nil {
		t.Error("a partial answer looked complete, want an error")
	}
}

func TestTheLogLine(t *testing.T) {
	door := watch(func(w http.ResponseWriter, r *http.Request) {
		info := reqctx.From(r.Context())
		info.Actor, info.Err = "user:1", errors.New("no such thing")
		w.WriteHeader(http.StatusNotFound)
	}, func(o *Options) { o.Proxies = Proxies{netip.MustParsePrefix("192.0.2.0/24")} })
	r := httptest.NewRequest("GET", "http://x/api/thing/?token=secret", nil)
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	r.Header.Set("Authorization", "Bearer secret")
	door.ServeHTTP(httptest.NewRecorder(), r)
	lines := door.lines(t)
	if len(lines) != 1 {
		t.Fatalf("%d log lines, want 1", len(lines))
	}
	for name, want := range map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "/api/thing", "status": 404.0, "ip": "198.51.100.7", "actor": "user:1", "why": "no such thing",
	} {
		if lines[0][name] != want {
			t.Errorf("%s = %v, want %v", name, lines[0][name], want)
		}
	}
	if _, ok := lines[0]["ms"].(float64); !ok {
		t.Errorf("ms = %v, want a number", lines[0]["ms"])
	}
	if strings.Contains(door.log.String(), "secret") {
		t.Errorf("a secret is in the log: %s, want none", door.log.String())
	}
}

func TestWordsOfCallersAreNotLabels(t *testing.T) {
	door := watch(func(http.ResponseWriter, *http.Request) {})
	ask(door, "BREW", "/api/thing")
	ask(door, "GET", "/api/nothing-like-it")
	figures := door.figures()
	for _, want := range []string{`method="other",route="/api/thing",status="405"`, `method="GET",route="unknown",status="404"`} {
		if !strings.Contains(figures, want) {
			t.Errorf("want the line %s in the figures:\n%s", want, figures)
		}
	}
	if strings.Contains(figures+door.log.String(), "BREW") || strings.Contains(figures, "nothing-like-it") {
		t.Error("a caller's word is in a label or in the log, want it in neither")
	}
}

func TestACallerThatDisconnectsIsNotAFaultOfOurs(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	door := watch(func(w http.ResponseWriter, r *http.Request) {
		hangUp()
		<-r.Context().Done()
		api.Refuse(w, r, r.Context().Err())
	})
	r := httptest.NewRequest("GET", "http://x/api/thing", nil).WithContext(ctx)
	door.ServeHTTP(httptest.NewRecorder(), r)
	lines := door.lines(t)
	if len(lines) != 1 || lines[0]["level"] != "INFO" || lines[0]["status"] != 499.0 {
		t.Errorf("log lines %v, want one with level INFO and status 499", lines)
	}
	if !strings.Contains(door.figures(), `status="499"`) {
		t.Error("the request was not counted with status 499, want it counted")
	}
}

// A probe of a server that starts or shuts down is answered as it should be.
func TestAnExpectedRefusalIsNotAnError(t *testing.T) {
	for _, expected := range []bool{true, false} {
		door := watch(func(w http.ResponseWriter, r *http.Request) {
			reqctx.From(r.Context()).Expected = expected
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		door.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://x/api/thing", nil))
		want := map[bool]string{true: "INFO", false: "ERROR"}[expected]
		if lines := door.lines(t); len(lines) != 1 || lines[0]["level"] != want {
			t.Errorf("expected %t: log lines %v, want one with level %s", expected, lines, want)
		}
	}
}

func TestARequestHasABudget(t *testing.T) {
	door := watch(func(w http.ResponseWriter, r *http.Request) {
		if _, limited := r.Context().Deadline(); !limited {
			t.Error("the work for a request may take forever, want a deadline")
		}
	})
	ask(door, "GET", "/api/thing")
}
