package interop_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestNodeLibrary uses the certified openid-client, from discovery to sign-out.
func TestNodeLibrary(t *testing.T) {
	project := nodeProject(t)
	s := open(t)
	shop := s.register(t, "Node shop", "client_secret_post")
	cmd := exec.CommandContext(t.Context(), "node", "flow.mjs")
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "ISSUER="+s.issuer, "CLIENT_ID="+shop.ID, "CLIENT_SECRET="+shop.Secret,
		"BACK="+shopBack, "BYE="+shopBye, "SCOPE="+scopes, "USERNAME=ann", "PASSWORD="+s.password, "SUB="+s.sub)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "signed in and out") {
		t.Errorf("node flow.mjs: %v, want \"signed in and out\":\n%s", err, out)
	}
}

// TestNodeResources signs in once for two APIs (RFC 8707), with the same library.
func TestNodeResources(t *testing.T) {
	project := nodeProject(t)
	s := open(t)
	const other = "https://other.example.com"
	s.registerAPI(t, "orders", orders, "orders:read")
	s.registerAPI(t, "billing", billing, "billing:pay")
	s.registerAPI(t, "other", other, "other:use")
	var shop app
	s.run(t, "", &shop, "client", "create", "--json", "--name", "Shop of APIs", "--scope", "openid offline_access orders:read billing:pay other:use",
		"--grant", "authorization_code", "--grant", "refresh_token", "--redirect-uri", shopBack)
	cmd := exec.CommandContext(t.Context(), "node", "resources.mjs")
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "ISSUER="+s.issuer, "CLIENT_ID="+shop.ID, "CLIENT_SECRET="+shop.Secret, "BACK="+shopBack,
		"USERNAME=ann", "PASSWORD="+s.password, "ORDERS="+orders, "BILLING="+billing, "OTHER="+other)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "one audience each") {
		t.Errorf("node resources.mjs: %v, want \"one audience each\":\n%s", err, out)
	}
}

// TestNodeRegistration registers apps by an initial access token, with the same library.
func TestNodeRegistration(t *testing.T) {
	project := nodeProject(t)
	s := open(t, "GATEHOUSE_REGISTRATION=token")
	var initial struct {
		Token string `json:"token"`
	}
	s.run(t, "", &initial, "client", "registration-token", "--uses", "2", "--json")
	cmd := exec.CommandContext(t.Context(), "node", "register.mjs")
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "ISSUER="+s.issuer, "INITIAL="+initial.Token, "BACK="+shopBack, "USERNAME=ann", "PASSWORD="+s.password, "SUB="+s.sub)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "registered and gone") {
		t.Errorf("node register.mjs: %v, want \"registered and gone\":\n%s", err, out)
	}
}

// TestNodeChallenge signs in without a browser, with the same library around it.
func TestNodeChallenge(t *testing.T) {
	project := nodeProject(t)
	s := open(t)
	var till app
	s.run(t, "", &till, "client", "create", "--json", "--name", "The till", "--auth-method", "none", "--first-party",
		"--grant", "urn:gatehouse:challenge", "--grant", "refresh_token", "--scope", "openid email offline_access")
	cmd := exec.CommandContext(t.Context(), "node", "challenge.mjs")
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "ISSUER="+s.issuer, "CLIENT_ID="+till.ID, "SCOPE=openid email offline_access", "USERNAME=ann", "PASSWORD="+s.password, "SUB="+s.sub)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "signed in without a browser") {
		t.Errorf("node challenge.mjs: %v, want \"signed in without a browser\":\n%s", err, out)
	}
}

// nodeProject makes a project of the folder node.
func nodeProject(t *testing.T) string { return npmProject(t, "node") }
