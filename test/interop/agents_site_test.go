package interop_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// An agentSite is a site under https, with an MCP server that has a tool for each of its
// scopes, and with an authority of its own, which all programs trust.
type agentSite struct {
	*site
	// mcp is the address of the MCP server: the identifier of its API. The API other has
	// the same scopes.
	mcp, other string
	// document is the address of the metadata of an agent that is not registered.
	document string
	// trust names the certificate of the authority to Go, Python and Node.
	trust  []string
	client *http.Client
}

var mcpScopes = []string{"notes.read", "notes.write"}

// openForAgents opens a site whose MCP server is at the path.
func openForAgents(t *testing.T, path string, settings ...string) *agentSite {
	t.Helper()
	certificate, key := testkit.Certificate(t, "localhost")
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatalf("reading the certificate: %v", err)
	}
	s := &agentSite{mcp: "http://" + testkit.FreeAddress(t) + path, other: "https://other.example/mcp", trust: []string{"SSL_CERT_FILE=" + certificate, "NODE_EXTRA_CA_CERTS=" + certificate}}
	proxy, issuer := underTLS(pair)
	s.site = open(t, append([]string{s.trust[0], "GATEHOUSE_ISSUER=" + issuer, "GATEHOUSE_TRUSTED_PROXIES=127.0.0.1"}, settings...)...)
	s.serve(t, proxy, issuer, certificate)
	s.document = serveDocument(t, pair)
	s.openAPI(t, s.mcp)
	s.openAPI(t, s.other)
	s.startMCP(t)
	return s
}

// underTLS returns a server that is not started, and its address.
func underTLS(pair tls.Certificate) (server *httptest.Server, address string) {
	server = httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	return server, "https://localhost:" + port
}

// serve puts the proxy with the issuer's address in front of replica A.
func (s *agentSite) serve(t *testing.T, proxy *httptest.Server, issuer, certificate string) {
	t.Helper()
	replica, err := url.Parse(s.issuer)
	roots := x509.NewCertPool()
	content, readErr := os.ReadFile(certificate)
	if err = errors.Join(err, readErr); err != nil || !roots.AppendCertsFromPEM(content) {
		t.Fatalf("preparing the proxy: %v", err)
	}
	proxy.Config.Handler = httputil.NewSingleHostReverseProxy(replica)
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	s.issuer = issuer
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

// browser returns a browser that trusts the site's authority.
func (s *agentSite) browser(t *testing.T) *browser {
	t.Helper()
	b := s.site.browser(t)
	b.client.Transport = s.client.Transport
	return b
}

// scopes are those of the MCP server in their long form, which stands for no other API's.
func (s *agentSite) scopes() string {
	return s.mcp + "#" + strings.Join(mcpScopes, " "+s.mcp+"#")
}

// openAPI registers an API with the scopes of the MCP server, for any app.
func (s *site) openAPI(t *testing.T, identifier string) {
	t.Helper()
	args := []string{"api", "create", "--json", "--identifier", identifier, "--name", "Notes", "--clients", "any"}
	for _, scope := range mcpScopes {
		args = append(args, "--scope", scope+"=Use "+scope)
	}
	s.run(t, "", &struct{}{}, args...)
}

// startMCP builds and starts the MCP server of the folder mcp. It ends with the test.
func (s *agentSite) startMCP(t *testing.T) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "mcp")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-C", "mcp", "-overlay", "overlay.json", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the MCP server: %v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.SysProcAttr = testkit.NoOrphans()
	cmd.Env = append([]string{"ISSUER=" + s.issuer, "AUDIENCE=" + s.mcp, "SCOPES=" + strings.Join(mcpScopes, " ")}, s.trust...)
	var log strings.Builder // read once the server has ended
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the MCP server: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // an error means that it has ended
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the MCP server printed:\n%s", log.String())
		}
	})
	testkit.Within(t, 30*time.Second, "an MCP server that asks for a token", func() error {
		resp, err := http.Post(s.mcp, "application/json", strings.NewReader("{}"))
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			return errors.New(resp.Status)
		}
		return nil
	})
}

// serveDocument serves the client ID metadata document of an agent, and returns its address.
func serveDocument(t *testing.T, pair tls.Certificate) (address string) {
	t.Helper()
	server, at := underTLS(pair)
	address = at + "/agent.json"
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // an error shows at the authorization endpoint
			"client_id": address, "client_name": "Agent", "redirect_uris": []string{"http://127.0.0.1/callback"},
			"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
			"token_endpoint_auth_method": "none", "application_type": "native",
		})
	})
	server.StartTLS()
	t.Cleanup(server.Close)
	return address
}
