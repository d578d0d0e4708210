package discovery_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/discovery"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMetadata(t *testing.T) {
	surface := discovery.Surface{
		Grants: grant.Types(), Issuer: "https://id.example", Token: "/oauth/token", Revocation: "/oauth/revoke",
		Introspection: "/oauth/introspect", JWKS: "/.well-known/jwks.json",
	}
	whole := surface
	whole.Authorization, whole.Userinfo, whole.Pushed, whole.Devices = "/oauth/authorize", "/oauth/userinfo", "/oauth/par", "/oauth/device_authorization"
	whole.EndSession, whole.PrivateKeyJWT, whole.BackchannelLogout = "/oauth/logout", true, true
	documents := map[string]func() ([]byte, error){
		"whole-openid-configuration.json": whole.OpenIDConfiguration,
		"oauth-authorization-server.json": surface.AuthorizationServer,
		"openid-configuration.json":       surface.OpenIDConfiguration,
	}
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			body, err := document()
			if err != nil {
				t.Fatalf("reading the metadata: %v", err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, body, "", "  "); err != nil {
				t.Fatalf("indenting the JSON: %v", err)
			}
			got.WriteByte('\n')
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatalf("writing the file: %v", err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("reading the file: %v", err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("the metadata differs (-want +got):\n%s", cmp.Diff(string(want), got.String()))
			}
		})
	}
}

func TestMetadataIsSilentOnWhatIsNotThere(t *testing.T) {
	body, err := discovery.Surface{Grants: grant.Types(), Issuer: "https://id.example/", Token: "/oauth/token"}.AuthorizationServer()
	if err != nil {
		t.Fatalf("building the authorization server metadata: %v", err)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	for name := range members {
		switch name {
		case "issuer", "token_endpoint", "scopes_supported", "response_types_supported",
			"grant_types_supported", "token_endpoint_auth_methods_supported":
		default:
			t.Errorf("%s is in the metadata", name)
		}
	}
	if got := members["token_endpoint"]; got != "https://id.example/oauth/token" {
		t.Errorf("token_endpoint %v, want https://id.example/oauth/token", got)
	}
}
