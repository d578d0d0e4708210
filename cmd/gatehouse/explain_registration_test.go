package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/oauth/register"
	"gatehouse/internal/refusal"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// mistakesAtRegistration are what apps get wrong when they register, by what explains it.
var mistakesAtRegistration = []struct {
	kind refusal.Kind
	body string
}{
	{refusal.RegistrationRedirect, `{"redirect_uris": ["https://app.example/cb#top"]}`},
	{refusal.RegistrationRedirect, `{"redirect_uris": ["http://127.0.0.1/cb"], "application_type": "web"}`},
	{refusal.RegistrationRedirect, `{"redirect_uris": [], "grant_types": ["authorization_code"]}`},
	{refusal.RegistrationLogout, `{"redirect_uris": ["https://app.example/cb"], "post_logout_redirect_uris": ["bye"]}`},
	{refusal.RegistrationLogout, `{"redirect_uris": ["https://app.example/cb"], "backchannel_logout_uri": "https://app.example/out#x"}`},
	{refusal.RegistrationGrants, `{"redirect_uris": ["https://app.example/cb"], "grant_types": ["password"]}`},
	{refusal.RegistrationResponse, `{"redirect_uris": ["https://app.example/cb"], "response_types": ["token"]}`},
	{refusal.RegistrationMethod, `{"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "tls_client_auth"}`},
	{refusal.RegistrationScope, `{"redirect_uris": ["https://app.example/cb"], "scope": "openid users:write"}`},
	{refusal.RegistrationKeys, `{"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt"}`},
	{refusal.RegistrationKeys, `{"redirect_uris": ["https://app.example/cb"], "jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, "token_endpoint_auth_method": "private_key_jwt"}`},
	{refusal.RegistrationType, `{"redirect_uris": ["https://app.example/cb"], "application_type": "desktop"}`},
	{refusal.RegistrationFixed, `{"redirect_uris": ["https://app.example/cb"], "id_token_signed_response_alg": "HS256"}`},
	{refusal.RegistrationName, `{"redirect_uris": ["https://app.example/cb"], "client_name": ["Shop"]}`},
	{refusal.RegistrationDocument, `redirect_uris=https://app.example/cb`},
}

// TestEveryMistakeAtRegistrationHasAMend makes typical mistakes at the registration endpoint,
// and follows the address in the answer.
func TestEveryMistakeAtRegistrationHasAMend(t *testing.T) {
	g := openGate(t, func(c *config.Config) { c.Registration = "open" })
	seen := map[refusal.Kind]bool{}
	for _, m := range mistakesAtRegistration {
		g.registers("POST", register.Path, m.body, "").explained(m.kind)
		seen[m.kind] = true
	}
	g.registers("POST", register.Path, `{"redirect_uris": ["https://app.example/cb"]}`, "guess").explained(refusal.RegistrationToken)
	made := g.registers("POST", register.Path, `{"redirect_uris": ["https://app.example/cb"]}`, "")
	own, token := strings.TrimPrefix(made.text("registration_client_uri"), g.config.Issuer), made.text("registration_access_token")
	g.registers("PUT", own, `{"client_id": "another", "redirect_uris": ["https://app.example/cb"]}`, token).explained(refusal.RegistrationClient)
	seen[refusal.RegistrationToken], seen[refusal.RegistrationClient] = true, true
	for _, kind := range refusal.Kinds() {
		if strings.HasPrefix(kind, "registration.") && !seen[refusal.Kind(kind)] {
			t.Errorf("no mistake here is explained by %s, want one", kind)
		}
	}
}

// A registered is an answer of the registration endpoint.
type registered struct {
	*gate
	sent, body string
}

func (g *gate) registers(method, path, body, token string) registered {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.door.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		g.t.Fatalf("making the request: %v", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatalf("sending the request: %v", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatalf("reading the answer: %v", err)
	}
	return registered{g, body, string(text)}
}

func (a registered) text(member string) string {
	a.t.Helper()
	var answer map[string]any
	if err := json.Unmarshal([]byte(a.body), &answer); err != nil {
		a.t.Fatalf("%s: the answer is %s, %v; want an object", a.sent, a.body, err)
	}
	text, _ := answer[member].(string)
	return text
}

// explained follows the address of the answer, which must lead to what mends the mistake.
func (a registered) explained(kind refusal.Kind) {
	a.t.Helper()
	id := a.text("error_uri")
	id = id[strings.LastIndexByte(id, '/')+1:]
	var got store.Refusal
	testkit.Within(a.t, 10*time.Second, "the explanation of "+a.sent+", which got "+a.body, func() (err error) {
		got, err = a.db.RefusalByID(a.t.Context(), id)
		return err
	})
	if got.Kind != string(kind) {
		a.t.Errorf("%s is explained by %s, want %s: %s", a.sent, got.Kind, kind, a.body)
		return
	}
	about := refusal.Public(string(kind))
	a.visitor().get("/e/"+id).shows(http.StatusOK, about.Title, about.Mend, about.Section)
}
