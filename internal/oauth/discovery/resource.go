package discovery

import (
	"encoding/json"
	"fmt"
	"strings"

	"gatehouse/internal/authz"
)

// resource holds the members of RFC 9728 §2 that apply to our own API.
type resource struct {
	Resource      string   `json:"resource"`
	Servers       []string `json:"authorization_servers"`
	JWKS          string   `json:"jwks_uri"`
	Scopes        []string `json:"scopes_supported"`
	Methods       []string `json:"bearer_methods_supported"`
	Name          string   `json:"resource_name"`
	Documentation string   `json:"resource_documentation"`
}

// ProtectedResource returns the document of RFC 9728 for our own API.
func (s Server) ProtectedResource() ([]byte, error) {
	below := strings.TrimSuffix(s.Issuer, "/")
	body, err := json.Marshal(resource{
		Resource: s.Resource, Servers: []string{s.Issuer}, JWKS: below + s.Endpoints["jwks_uri"], Scopes: authz.OwnScopes.Tokens(),
		Methods: []string{"header"}, Name: "Gatehouse", Documentation: below + "/openapi.json",
	})
	if err != nil {
		return nil, fmt.Errorf("encoding metadata of a resource: %w", err)
	}
	return body, nil
}
