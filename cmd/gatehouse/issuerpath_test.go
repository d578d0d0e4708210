package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

// TestAnIssuerWithAPath walks a sign-in and the metadata through HAProxy, once as it
// strips the path of the issuer and once as it passes it on.
func TestAnIssuerWithAPath(t *testing.T) {
	for kind, rule := range map[string]string{
		"stripped":  `http-request replace-path ^/auth/?(.*)$ /\1`,
		"passed on": "",
	} {
		t.Run(kind, func(t *testing.T) {
			front := testkit.FreeAddress(t)
			issuer := "http://" + front + "/auth"
			g := openGate(t, func(cfg *config.Config) { cfg.Issuer, cfg.Audience = issuer, issuer })
			haproxy(t, front, rule, strings.TrimPrefix(g.door.URL, "http://"))
			g.door = &httptest.Server{URL: "http://" + front, Config: &http.Server{}}
			v := g.visitor()
			describes(t, v, issuer)

			v.get("/auth").shows(http.StatusOK, issuer).staysBelow("/auth")
			login := v.get("/auth"+ask()).shows(http.StatusOK, "<h1>Sign in</h1>").staysBelow("/auth")
			consent := v.post(login.action(), append(login.fields(), "username", "ann", "password", secretPhrase)...)
			consent.shows(http.StatusOK, "Photo Shop", "Allow").staysBelow("/auth")
			answer := v.post(consent.action(), append(consent.fields(), "answer", "allow")...).leads(shopURI)
			if answer.Get("iss") != issuer || answer.Get("code") == "" {
				t.Fatalf("answered %v, want a code and the issuer %s", answer, issuer)
			}
			if v.cookie("gh_sid") != "" || v.cookie("gh_sid_7d2f30b87759") == "" {
				t.Error("the session's cookie has no digest of the path in its name, want gh_sid_7d2f30b87759")
			}
			logout := v.get("/auth/oauth/logout").shows(http.StatusOK, "Sign out").staysBelow("/auth")
			v.post(logout.action(), logout.fields()...).shows(http.StatusOK, "signed out").staysBelow("/auth")
			v.get("/auth/nothing/here").shows(http.StatusNotFound).staysBelow("/auth")
		})
	}
}

// describes fails unless the documents are at all their addresses, and name addresses
// below the issuer (RFC 8414 §3.1, OpenID Connect Discovery 1.0 §4.1).
func describes(t *testing.T, v *visitor, issuer string) {
	t.Helper()
	for _, path := range []string{
		"/auth/.well-known/openid-configuration", "/.well-known/openid-configuration/auth",
		"/auth/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/auth",
	} {
		p := v.do("GET", path, nil).shows(http.StatusOK)
		var metadata map[string]any
		if err := json.Unmarshal([]byte(p.body), &metadata); err != nil {
			t.Fatalf("%s: unmarshalling the JSON: %v", path, err)
		}
		if metadata["issuer"] != issuer || metadata["authorization_endpoint"] != issuer+"/oauth/authorize" || metadata["jwks_uri"] != issuer+"/.well-known/jwks.json" {
			t.Errorf("%s: %s\nwant the issuer %s and endpoints below it", path, p.body, issuer)
		}
	}
	at := "/.well-known/oauth-protected-resource/auth" // RFC 9728 §3.1
	p := v.do("GET", at, nil).shows(http.StatusOK)
	var resource map[string]any
	if err := json.Unmarshal([]byte(p.body), &resource); err != nil {
		t.Fatalf("%s: unmarshalling the JSON: %v", at, err)
	}
	if resource["resource"] != issuer || resource["jwks_uri"] != issuer+"/.well-known/jwks.json" {
		t.Errorf("%s: %s\nwant the resource %s and keys below it", at, p.body, issuer)
	}
	challenge := v.do("GET", "/auth/api/accounts/profile/", nil).shows(http.StatusUnauthorized).header.Get("WWW-Authenticate")
	if want := `resource_metadata="` + strings.TrimSuffix(issuer, "/auth") + at + `"`; !strings.Contains(challenge, want) {
		t.Errorf("the challenge is %s, want it to have %s", challenge, want)
	}
}

var (
	ownAddress = regexp.MustCompile(` (?:href|src|action)="([^"]*)"`)
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
)

// action returns where the page's form leads.
func (p page) action() string {
	p.t.Helper()
	found := formAction.FindStringSubmatch(p.body)
	if found == nil {
		p.t.Fatalf("%s has no form, want one:\n%s", p.at, p.body)
	}
	return found[1]
}

// staysBelow fails if an address in the page leads to this server outside base.
func (p page) staysBelow(base string) page {
	p.t.Helper()
	for _, found := range ownAddress.FindAllStringSubmatch(p.body, -1) {
		if to := found[1]; strings.HasPrefix(to, "/") && to != base && !strings.HasPrefix(to, base+"/") {
			p.t.Errorf("%s leads to %s, want an address below %s", p.at, to, base)
		}
	}
	return p
}

// haproxy passes what is below /auth and /.well-known on to a server, until the test ends.
func haproxy(t *testing.T, front, rule, server string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	text := fmt.Sprintf(`defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend front
	bind %s
	http-request deny unless { path -m dir /auth } or { path_beg /.well-known/ }
	%s
	default_backend gatehouse
backend gatehouse
	server one %s
`, front, rule, server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	cmd := exec.Command(testkit.Installed(t, "haproxy"), "-db", "-f", file)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting HAProxy: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	testkit.Within(t, 30*time.Second, "HAProxy answers", func() error {
		resp, err := http.Get("http://" + front + "/auth/healthz/live")
		if err == nil {
			defer resp.Body.Close()
		}
		return err
	})
}

// An API whose name leads elsewhere is not described here.
func TestAnAudienceThatIsNotOursHasNoMetadata(t *testing.T) {
	g := openGate(t, func(cfg *config.Config) { cfg.Audience = "https://api.example.com" })
	v := g.visitor()
	v.get("/.well-known/oauth-protected-resource").shows(http.StatusNotFound)
	challenge := v.get("/api/accounts/profile/").shows(http.StatusUnauthorized).header.Get("WWW-Authenticate")
	if want := `Bearer realm="api", scope="account"`; challenge != want {
		t.Errorf("the challenge is %s, want %s", challenge, want)
	}
}

func TestAnIssuerPathOfOurOwnIsRefused(t *testing.T) {
	cfg := config.Default()
	cfg.Database = config.NewSecret(testdb.SQLite(t))
	cfg.Issuer = "http://localhost:8080/api"
	_, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_ISSUER") || !strings.Contains(err.Error(), "/api/accounts") {
		t.Errorf("an issuer below /api: %v, want a refusal that names GATEHOUSE_ISSUER and a path", err)
	}
}
