package discovery_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/discovery"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMetadata(t *testing.T) {
	few := discovery.Server{Grants: grant.Types(), Issuer: "https://id.example", Endpoints: map[string]string{
		"token_endpoint": "/oauth/token", "revocation_endpoint": "/oauth/revoke",
		"introspection_endpoint": "/oauth/introspect", "jwks_uri": "/.well-known/jwks.json",
	}}
	full := discovery.Server{Grants: few.Grants, Issuer: few.Issuer, PrivateKeyJWT: true, BackchannelLogout: true, Resource: "https://id.example/api", Endpoints: map[string]string{
		"authorization_endpoint": "/oauth/authorize", "userinfo_endpoint": "/oauth/userinfo", "end_session_endpoint": "/oauth/logout",
		"pushed_authorization_request_endpoint": "/oauth/par", "device_authorization_endpoint": "/oauth/device_authorization",
	}}
	maps.Copy(full.Endpoints, few.Endpoints)
	documents := map[string]func() ([]byte, error){
		"full-openid-configuration.json":  full.OpenIDConfiguration,
		"oauth-authorization-server.json": few.AuthorizationServer,
		"openid-configuration.json":       few.OpenIDConfiguration,
		"oauth-protected-resource.json":   full.ProtectedResource,
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

func TestMetadataLeavesOutWhatIsAbsent(t *testing.T) {
	body, err := discovery.Server{
		Grants: grant.Types(), Issuer: "https://id.example/", Endpoints: map[string]string{"token_endpoint": "/oauth/token"},
	}.AuthorizationServer()
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
			t.Errorf("%s is in the metadata, want it left out", name)
		}
	}
	if got := members["token_endpoint"]; got != "https://id.example/oauth/token" {
		t.Errorf("token_endpoint %v, want https://id.example/oauth/token", got)
	}
}

func TestAnEndpointWithoutAMemberIsAnError(t *testing.T) {
	s := discovery.Server{Endpoints: map[string]string{"tokken_endpoint": "/oauth/token"}}
	if body, err := s.OpenIDConfiguration(); err == nil {
		t.Errorf("got %s, want an error", body)
	}
}
