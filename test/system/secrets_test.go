package system_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// showsNoSecret checks that a secret, even in the wrong place, does not appear in the
// logs (which end searches), the metrics, the audit log or the file.
func (s *site) showsNoSecret(t *testing.T) {
	s.misplace(t)
	root := s.rootToken(t)
	for _, p := range s.pair() {
		s.vault.Search(t, "/metrics of "+p.name, string(p.ask(request{path: "/metrics"}).must(t, http.StatusOK).body))
		a := p.ask(request{path: "/api/admin/audit/?limit=1000", bearer: root}).must(t, http.StatusOK)
		s.vault.Search(t, "the audit log of "+p.name, string(a.body))
	}
	s.vault.Search(t, "gatehouse audit", s.run(t, "", "audit", "--json", "--limit", "100000"))
	s.vault.Search(t, "gatehouse config print", s.run(t, "", "config", "print"))
	files, err := filepath.Glob(filepath.Join(s.folder, "*.db*"))
	if err != nil {
		t.Fatalf("listing the files: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading the file: %v", err)
		}
		s.vault.Search(t, file, string(content))
	}
}

// misplace puts secrets where they do not belong, as broken apps do.
func (s *site) misplace(t *testing.T) {
	secret := func() string { return s.vault.Secret("misplaced") }
	long := secret() + strings.Repeat("x", 70<<10)
	requests := []request{
		{path: "/api/accounts/login/", body: `{"username": "ann", "password": "` + secret()},
		{path: "/api/accounts/login/", body: `{"username": "ann", "password": ["` + secret() + `"]}`},
		{path: "/api/accounts/login/", body: `{"username": "ann", "password": "` + long + `"}`},
		{path: "/api/accounts/login/", json: object{"username": secret(), "password": secret()}},
		{path: "/api/accounts/login/?password=" + secret(), json: object{"username": "ann"}},
		{path: "/api/accounts/token/refresh/", json: object{"refresh": secret()}},
		{path: "/api/accounts/logout/", json: object{"refresh": []string{secret()}}},
		{path: "/api/accounts/profile/", bearer: secret()},
		{path: "/api/accounts/profile/?access_token=" + secret()},
		{path: "/api/accounts/profile/", header: http.Header{"Authorization": {"Token " + secret(), "Bearer " + secret()}}},
		{path: "/api/accounts/" + secret() + "/"},
		{path: "/api/accounts/signup/", json: object{"username": "gil", "email": secret(), "password": "short", "role": secret()}},
		{method: secret(), path: "/oauth/token"},
		{path: "/oauth/token?client_secret=" + secret(), form: form("grant_type", "password", "password", secret())},
		{path: "/oauth/token", as: app{"shop", secret()}, form: form("grant_type", secret(), "username", "ann", "password", secret())},
		{path: "/oauth/token", as: s.shop, form: form("grant_type", secret(), "password", secret())},
		{path: "/oauth/token", as: s.shop, form: form("grant_type", "password", "username", secret(), "password", secret(), "scope", secret())},
		{path: "/oauth/token", as: s.shop, form: form("grant_type", "refresh_token", "refresh_token", secret())},
		{path: "/oauth/token", as: s.shop, form: url.Values{"grant_type": {"password", secret()}, "password": {secret(), secret()}}},
		{path: "/oauth/token", header: http.Header{"Authorization": {"Basic " + secret()}}, form: form("grant_type", "password")},
		{path: "/oauth/token", form: form("client_id", secret(), "client_secret", secret(), "grant_type", "password")},
		{path: "/oauth/revoke", as: s.shop, form: form("token", secret(), "token_type_hint", secret())},
		{path: "/oauth/introspect", as: s.watch, form: form("token", secret())},
		{path: "/oauth/token", body: secret(), header: http.Header{"Content-Type": {secret()}}},
		{path: "/setup?token=" + secret()},
		{path: "/setup", form: form("token", secret(), "username", "gil", "email", "gil@people.example", "password", secret())},
	}
	for i, r := range requests {
		a := s.of(i).ask(r.comingFrom(s.network()))
		if a.err != nil || a.status >= 500 {
			t.Errorf("request %d: the answer is %v, want a status below 500", i, a)
		}
	}
	s.try(t, secret()+"\n", "user", "create", "--username", "ann", "--email", "ann@elsewhere.example", "--password-stdin")
}
