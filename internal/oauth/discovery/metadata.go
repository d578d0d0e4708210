package discovery

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/keys"
	"gatehouse/store"
)

// A Surface says which endpoints there are, by their paths below the issuer. An
// empty path is an endpoint that is not there, and is not spoken of.
type Surface struct {
	// Grants are the grant types that there are.
	Grants                                   grant.List
	Issuer                                   string
	Token, Revocation, Introspection, JWKS   string
	Authorization, Userinfo, Pushed, Devices string
	EndSession                               string
	// PrivateKeyJWT says that clients may sign to authenticate.
	PrivateKeyJWT bool
	// BackchannelLogout says that apps are told when a session ends.
	BackchannelLogout bool
}

// metadata are the members of RFC 8414 §2, OpenID Connect Discovery 1.0 §3 and
// their extensions that we have something to say to.
type metadata struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint,omitempty"`
	Token         string `json:"token_endpoint,omitempty"`
	Userinfo      string `json:"userinfo_endpoint,omitempty"`
	JWKS          string `json:"jwks_uri,omitempty"`
	Revocation    string `json:"revocation_endpoint,omitempty"`
	Introspection string `json:"introspection_endpoint,omitempty"`
	Pushed        string `json:"pushed_authorization_request_endpoint,omitempty"` // RFC 9126 §5
	Devices       string `json:"device_authorization_endpoint,omitempty"`         // RFC 8628 §4
	EndSession    string `json:"end_session_endpoint,omitempty"`                  // RP-Initiated Logout 1.0 §2.1

	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"` // required, also where there are none
	ResponseModes []string `json:"response_modes_supported,omitempty"`
	Grants        []string `json:"grant_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported,omitempty"`

	TokenAuth         []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	TokenSigning      []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	RevocationSigning []string `json:"revocation_endpoint_auth_signing_alg_values_supported,omitempty"`
	IntrospectionAuth []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	IntrospectSigning []string `json:"introspection_endpoint_auth_signing_alg_values_supported,omitempty"`

	IssInAnswer bool `json:"authorization_response_iss_parameter_supported,omitempty"` // RFC 9207 §3

	Subjects       []string `json:"subject_types_supported,omitempty"`
	IDTokenSigning []string `json:"id_token_signing_alg_values_supported,omitempty"`
	Claims         []string `json:"claims_supported,omitempty"`
	*more
}

// more are members of OpenID Connect Discovery 1.0 §3 for a server with an
// authorization endpoint. The two that are false say so, for one of them is true
// where it is left out.
type more struct {
	ClaimTypes      []string `json:"claim_types_supported"`
	ClaimsParameter bool     `json:"claims_parameter_supported"`
	Request         bool     `json:"request_parameter_supported"`
	RequestURI      bool     `json:"request_uri_parameter_supported"`
	ACRs            []string `json:"acr_values_supported"`
	Languages       []string `json:"ui_locales_supported"`
	// Back-Channel Logout 1.0 §2.1.
	Backchannel        bool `json:"backchannel_logout_supported,omitempty"`
	BackchannelSession bool `json:"backchannel_logout_session_supported,omitempty"`
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
	if s.Authorization != "" {
		m.Claims = append([]string{"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash"}, claims.Supported()...)
		m.more = &more{
			ClaimTypes: []string{"normal"}, ClaimsParameter: true, ACRs: []string{oauth.ACRPassword}, Languages: []string{"en"},
			Backchannel: s.BackchannelLogout, BackchannelSession: s.BackchannelLogout,
		}
	}
	return encode(m)
}

func (s Surface) metadata() metadata {
	m := metadata{
		Issuer: s.Issuer, Authorization: s.at(s.Authorization), Token: s.at(s.Token), Userinfo: s.at(s.Userinfo), JWKS: s.at(s.JWKS),
		Revocation: s.at(s.Revocation), Introspection: s.at(s.Introspection),
		Pushed: s.at(s.Pushed), Devices: s.at(s.Devices), EndSession: s.at(s.EndSession),
		Scopes: authz.AllScopes.Tokens(), ResponseTypes: []string{}, Grants: s.grants(),
	}
	if m.Authorization != "" {
		m.ResponseTypes, m.ResponseModes = []string{"code"}, []string{oauth.QueryMode, oauth.FormPostMode}
		m.Challenges, m.IssInAnswer = []string{"S256"}, true
	}
	all, signing := store.AuthMethods(), keys.ForeignAlgorithms()
	if !s.PrivateKeyJWT {
		all, signing = without(all, store.PrivateKeyJWT), nil
	}
	if m.Token != "" {
		m.TokenAuth, m.TokenSigning = all, signing
	}
	if m.Revocation != "" {
		m.RevocationAuth, m.RevocationSigning = all, signing
	}
	if m.Introspection != "" {
		m.IntrospectionAuth, m.IntrospectSigning = without(all, store.NoSecret), signing
	}
	return m
}

// grants are those for which there is a way to get what they redeem.
func (s Surface) grants() []string {
	paths := map[string]string{grant.TokenEndpoint: s.Token, grant.AuthorizationEndpoint: s.Authorization, grant.DeviceEndpoint: s.Devices}
	return s.Grants.Offered(func(endpoint string) bool { return paths[endpoint] != "" }).Names()
}

func without(methods []string, method string) []string {
	return slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == method })
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
