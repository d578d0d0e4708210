package oauth

import (
	"encoding/json"
	"fmt"
	"strings"

	"gatehouse/internal/authz"
)

// A Surface says which endpoints there are, by their paths below the issuer. An
// empty path is an endpoint that is not there, and is not spoken of.
type Surface struct {
	Issuer                                 string
	Token, Revocation, Introspection, JWKS string
}

// metadata are the members of RFC 8414 §2 and OpenID Connect Discovery 1.0 §3
// that we have something to say to.
type metadata struct {
	Issuer        string `json:"issuer"`
	Token         string `json:"token_endpoint,omitempty"`
	JWKS          string `json:"jwks_uri,omitempty"`
	Revocation    string `json:"revocation_endpoint,omitempty"`
	Introspection string `json:"introspection_endpoint,omitempty"`

	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"` // required, also where there are none
	Grants        []string `json:"grant_types_supported"`

	TokenAuth         []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	IntrospectionAuth []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`

	Subjects       []string `json:"subject_types_supported,omitempty"`
	IDTokenSigning []string `json:"id_token_signing_alg_values_supported,omitempty"`
	Claims         []string `json:"claims_supported,omitempty"`
}

// AuthorizationServer is the document of RFC 8414.
func (s Surface) AuthorizationServer() ([]byte, error) {
	return encode(s.metadata())
}

// OpenIDConfiguration is the document of OpenID Connect Discovery 1.0, as far as
// there is something to discover.
func (s Surface) OpenIDConfiguration() ([]byte, error) {
	m := s.metadata()
	m.Subjects = []string{"public"}
	m.IDTokenSigning = []string{"RS256"}
	m.Claims = []string{"iss", "sub", "aud", "exp", "iat", "auth_time"}
	return encode(m)
}

func (s Surface) metadata() metadata {
	withSecret := []string{SecretBasic, SecretPost}
	all := []string{SecretBasic, SecretPost, NoSecret}
	m := metadata{
		Issuer: s.Issuer, Token: s.at(s.Token), JWKS: s.at(s.JWKS),
		Revocation: s.at(s.Revocation), Introspection: s.at(s.Introspection),
		Scopes: authz.AllScopes.Tokens(), ResponseTypes: []string{}, Grants: GrantTypes(),
	}
	if m.Token != "" {
		m.TokenAuth = all
	}
	if m.Revocation != "" {
		m.RevocationAuth = all
	}
	if m.Introspection != "" {
		m.IntrospectionAuth = withSecret
	}
	return m
}

func (s Surface) at(path string) string {
	if path == "" {
		return ""
	}
	return strings.TrimSuffix(s.Issuer, "/") + path
}

func encode(m metadata) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding metadata: %w", err)
	}
	return body, nil
}
