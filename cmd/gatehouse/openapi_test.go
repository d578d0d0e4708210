package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	"gatehouse/internal/test/apicheck"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/throttle"
	"gatehouse/server"
	"gatehouse/store"
)

// TestTheServerAnswersAsDocumented makes good and bad requests to every operation of
// /openapi.json, and checks each answer against it.
func TestTheServerAnswersAsDocumented(t *testing.T) {
	testkit.Long(t)
	w := openWitness(t)
	t.Run("the table and the document have the same lines", w.sameLines)
	t.Run("the document asks for the permissions that the table asks for", w.samePermissions)
	for _, chapter := range []struct {
		name string
		ask  func(*testing.T)
	}{
		{"the first administrator", w.firstAdministrator},
		{"people", w.people},
		{"links", w.links},
		{"links at our pages", w.linkPages},
		{"one's own account", w.ownAccount},
		{"the pages of one's own account", w.ownPages},
		{"signing in and out", w.signingIn},
		{"second factors", w.secondFactors},
		{"passkeys", w.passkeys},
		{"apps", w.apps},
		{"apps without a browser", w.withoutABrowser},
		{"consents", w.consents},
		{"signing in for apps", w.frontChannel},
		{"devices", w.devices},
		{"tokens of apps", w.tokensOfApps},
		{"apps that register themselves", w.registering},
		{"keys, record and figures", w.operating},
		{"public documents and pages", w.public},
		{"refusals that every operation shares", w.sharedRefusals},
		{"odd input", w.oddInput},
		{"throttles", w.throttles},
		{"faults of ours", w.ownFaults},
	} {
		t.Run(chapter.name, func(t *testing.T) { w.t = t; chapter.ask(t) })
	}
	w.t = t
	t.Run("everything that is documented has happened", w.nothingLeftOut)
}

// A witness sends requests to a server and checks every answer against the document.
type witness struct {
	t        *testing.T
	app      *app
	contract *apicheck.Contract
	base     string
	client   *http.Client
	odd      bool // the requests are invalid on purpose

	// The chapters leave these for later ones.
	admin, staff, user, narrow string // access tokens; narrow has the scope openid alone
	victim, session            string // a person's ID and a session of that person
	kid                        string
	cookie                     option // of a person who is signed in at the pages
	mail                       letters
}

func openWitness(t *testing.T) *witness {
	t.Helper()
	a := startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) {
		cfg.SignUpPasskey = true
		cfg.SecurityContact, cfg.Registration = "mailto:security@example.com", "open"
		cfg.PasskeyOrigins, cfg.AppleApps = []string{"https://shop.example"}, []string{"A1B2C3D4E5.com.example.app"}
		cfg.AndroidApps = []string{"com.example.app@14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5"}
		// Throttled requests come from their own networks, so that they block no others.
		cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	a.limits.Rules.SignUp.Free, a.limits.Rules.Failure.Free = 3, 3
	a.limits.Rules.UserCode.Free, a.limits.Rules.Mail.Free = 3, 3

	contract, err := apicheck.Load(operators.NewOpenAPI().Document())
	if err != nil {
		t.Fatalf("loading the document: %v", err)
	}
	door := httptest.NewServer(a.handler)
	t.Cleanup(door.Close)
	w := &witness{t: t, app: a, contract: contract}
	a.people.Terminal = w.mail.take
	w.at(door.URL)
	return w
}

// at makes the witness use the server at base.
func (w *witness) at(base string) {
	w.base = base
	w.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: apicheck.Transport{Contract: w.contract, Odd: w.odd, Next: http.DefaultTransport, Report: func(err error) {
			w.t.Errorf("not as documented: %v", err)
		}},
	}
}

// sameLines compares the table with the document in both directions. The table has
// paths without the trailing slash, and assets by name. The console is not in the document:
// its pages do nothing that the API does not, and programs should use that.
func (w *witness) sameLines(t *testing.T) {
	documented := map[string]bool{}
	for _, o := range w.contract.Operations() {
		documented[o.Method+" "+tablePath(o.Path)] = true
	}
	left := maps.Clone(documented)
	for _, rt := range handlers.Routes(w.app.surface) {
		path := rt.Path
		if strings.HasPrefix(path, "/assets/") {
			path = "/assets/{name}"
		}
		if strings.HasPrefix(path, "/console") {
			continue
		}
		line := rt.Method + " " + path
		if !documented[line] {
			t.Errorf("the table has %s, want it in the document", line)
		}
		delete(left, line) // several assets share the line
	}
	for line := range left {
		t.Errorf("the document has %s, want it in the table", line)
	}
}

func tablePath(path string) string {
	if path == "/" {
		return path
	}
	return strings.TrimSuffix(path, "/")
}

// samePermissions compares the roles and the scope in the document with those that the
// guards require.
func (w *witness) samePermissions(t *testing.T) {
	needs := map[string]handlers.Route{}
	for _, rt := range slices.Concat((&accounts.Handlers{}).Table().Routes, (&operators.Handlers{}).Table().Routes) {
		needs[rt.Method+" "+rt.Path] = rt
	}
	for _, o := range w.contract.Operations() {
		rt, ours := needs[o.Method+" "+tablePath(o.Path)]
		roles, scope, guarded := w.contract.Access(o)
		var want []string
		for _, role := range rt.Needs.Roles() {
			want = append(want, string(role))
		}
		slices.Sort(roles)
		slices.Sort(want)
		if ours && guarded == rt.Needs.Open() || !slices.Equal(roles, want) || scope != rt.Needs.Scope() {
			t.Errorf("%s: the document says roles %v, scope %q, want %v, %q as the guard requires", o, roles, scope, want, rt.Needs.Scope())
		}
	}
}

// nothingLeftOut fails on every documented status that no request was answered with.
func (w *witness) nothingLeftOut(t *testing.T) {
	for _, o := range w.contract.Operations() {
		seen := w.contract.Seen(o)
		for _, status := range w.contract.Statuses(o) {
			if !slices.Contains(seen, status) {
				t.Errorf("%s (%s): no request was answered %d, want one", o, o.ID, status)
			}
		}
	}
}

// An option adds something to a request.
type option func(*http.Request)

func with(name, value string) option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func as(token string) option { return with("Authorization", "Bearer "+token) }

// from says which network the request comes from.
func from(address string) option { return with("X-Forwarded-For", address) }

func basic(id, secret string) option {
	return func(r *http.Request) { r.SetBasicAuth(id, secret) }
}

func raw(kind, body string) option {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", kind)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
}

type object = map[string]any

func sends(v any) option {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake in the test
	}
	return raw("application/json", string(body))
}

func form(pairs ...string) option {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return raw("application/x-www-form-urlencoded", values.Encode())
}

func parts(pairs ...string) option {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		_ = m.WriteField(pairs[i], pairs[i+1])
	}
	_ = m.Close()
	return raw(m.FormDataContentType(), b.String())
}

// An answer is a response whose body was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) object(t *testing.T) object {
	t.Helper()
	var v object
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("reading the body %q: %v", a.body, err)
	}
	return v
}

func (a answer) list(t *testing.T) []object {
	t.Helper()
	var v []object
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("reading the body %q: %v", a.body, err)
	}
	return v
}

// text returns a member of the answer's object.
func (a answer) text(t *testing.T, name string) string {
	t.Helper()
	return fmt.Sprint(a.object(t)[name])
}

// ask makes a request that must be answered with the status want.
func (w *witness) ask(want int, method, path string, options ...option) answer {
	w.t.Helper()
	got := w.try(method, path, options...)
	if got.status != want {
		w.t.Errorf("%s %s: %d, want %d: %.300s", method, path, got.status, want, got.body)
	}
	return got
}

func (w *witness) try(method, path string, options ...option) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, nil)
	if err != nil {
		w.t.Fatalf("making the request: %v", err)
	}
	for _, o := range options {
		o(r)
	}
	response, err := w.client.Do(r)
	if err != nil {
		w.t.Fatalf("sending the request: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("reading the body: %v", err)
	}
	return answer{response.StatusCode, response.Header, body}
}

// ownFaults puts a fault behind every route of the real tables. The caller must get the
// documented answer, whatever breaks.
func (w *witness) ownFaults(t *testing.T) {
	defer w.at(w.base)
	for _, fault := range []struct {
		status int
		err    error
	}{
		{http.StatusInternalServerError, errors.New("something broke")},
		{http.StatusServiceUnavailable, fmt.Errorf("asking the database: %w", store.ErrUnavailable)},
		{http.StatusTooManyRequests, &throttle.Limited{RetryAfter: time.Second}},
	} {
		broken := slices.Clone(w.app.surface)
		for i := range broken {
			broken[i].Routes = slices.Clone(broken[i].Routes)
			for j := range broken[i].Routes {
				broken[i].Routes[j].Serve = func(http.ResponseWriter, *http.Request) error { return fault.err }
			}
		}
		door := httptest.NewServer(server.New(server.Options{Programs: api.Refuse, People: pages.Refuse, Metrics: w.app.metrics, Log: slog.New(slog.DiscardHandler)}, broken...))
		defer door.Close()
		w.at(door.URL)
		for _, o := range w.contract.Operations() {
			// At this endpoint, 503 is an answer and not a refusal.
			if slices.Contains(w.contract.Statuses(o), fault.status) && o.Path != "/healthz/ready" {
				w.ask(fault.status, o.Method, w.fill(o.Path))
			}
		}
	}
}
