package protocol_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/register"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// members are metadata as JSON.
type members map[string]any

// openRegistration returns a site where apps register themselves; without a token if it is
// open to all.
func openRegistration(t testing.TB, open bool) (*site, *client.Service) {
	t.Helper()
	s := openWeb(t)
	return s, s.wireRegistration(open)
}

func (s *site) wireRegistration(open bool) *client.Service {
	log := slog.New(slog.DiscardHandler)
	service := &client.Service{
		DB: s.db, Ends: &ending.Service{DB: s.db, Rotations: s.db.Rotations(), Now: s.clock, Log: log},
		Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Grants: grant.Types(), Now: s.clock, Log: log,
		APIs: &apis.Service{DB: s.db, Issuer: issuer, Audience: issuer, Now: s.clock}, Keys: s.ring,
	}
	memory := throttle.NewMemory(s.clock)
	limiter := &throttle.Limiter{Store: memory, Fallback: memory, Rules: throttle.DefaultRules(), Now: s.clock, Log: log}
	endpoints := protocol.Endpoints{Register: &protocol.Register{Clients: &register.Endpoint{
		Clients: service, Limits: limiter, Open: open, Address: issuer + register.Path,
	}}}
	for _, rt := range handlers.Routes(endpoints.Tables()) {
		if strings.HasPrefix(rt.Path, register.Path) {
			s.mux.HandleFunc(rt.Method+" "+rt.Path, func(w http.ResponseWriter, r *http.Request) {
				if err := rt.Serve(w, r); err != nil {
					protocol.RefuseBearer(w, r, err)
				}
			})
		}
	}
	return service
}

// token makes an initial access token.
func (s *site) token(t testing.TB, service *client.Service, uses int) string {
	t.Helper()
	_, text, err := service.NewRegistrationToken(t.Context(), authz.Operator, time.Hour, uses)
	if err != nil {
		t.Fatalf("making an initial access token: %v", err)
	}
	return text
}

func (s *site) send(t testing.TB, method, path, token string, body any) answer {
	t.Helper()
	text, is := body.(string)
	if !is {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatalf("encoding the body: %v", err)
		}
		text = string(encoded)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return s.do(t, r)
}

func (s *site) register(t testing.TB, token string, body any) answer {
	t.Helper()
	return s.send(t, http.MethodPost, register.Path, token, body)
}

// registered registers an app and returns the answer, which must be good.
func (s *site) registered(t testing.TB, body members) answer {
	t.Helper()
	a := s.register(t, "", body)
	if a.status != http.StatusCreated {
		t.Fatalf("registering %v: status %d %s, want 201", body, a.status, a.body)
	}
	return a
}

// manage sends a request of an app about itself.
func (s *site) manage(t testing.TB, method string, app answer, body any) answer {
	t.Helper()
	path := strings.TrimPrefix(app.text("registration_client_uri"), issuer)
	return s.send(t, method, path, app.text("registration_access_token"), body)
}

// wantBearer wants a refusal of a token (RFC 6750 §3).
func wantBearer(t testing.TB, what string, a answer, code string) {
	t.Helper()
	challenge := a.header.Get("WWW-Authenticate")
	if a.status != http.StatusUnauthorized || a.text("error") != code || !strings.HasPrefix(challenge, "Bearer ") || strings.Contains(challenge, "error=") != (code != "") {
		t.Errorf("%s: status %d %s, challenge %q; want 401, a Bearer challenge and the error %q", what, a.status, a.body, challenge, code)
	}
}

func (s *site) client(t testing.TB, id string) store.Client {
	t.Helper()
	c, err := s.db.ClientByID(t.Context(), id)
	if err != nil {
		t.Fatalf("looking up the client: %v", err)
	}
	return c
}
