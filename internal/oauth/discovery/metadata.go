package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
	"gatehouse/keys"
	"gatehouse/store"
)

// A Server is what the metadata describes.
type Server struct {
	Issuer string
	// Endpoints are the paths below the issuer, by the names of their members. The
	// metadata leaves out absent endpoints.
	Endpoints map[string]string
	// Grants are all grant types.
	Grants grant.List
	// PrivateKeyJWT says that clients may sign: assertions, to authenticate, and requests.
	PrivateKeyJWT bool
	// BackchannelLogout says that clients are notified when a session ends.
	BackchannelLogout bool
	// Resource is the identifier of our own API: the `aud` of its tokens.
	Resource string
	Today
}

// Today is what an administrator may change while the server runs.
type Today struct {
	// ClientDocuments says that clients by URL are accepted.
	ClientDocuments bool
	// Scopes are those of other people's APIs that are listed.
	Scopes authz.Scope
	// Algorithms are those beside RS256 that ID tokens may be signed with, separated by spaces.
	Algorithms string
}

// Path returns the path of the issuer, or "".
func (s Server) Path() string {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return "" // config refuses it
	}
	return issuer.Path
}

// endpoints are the members that hold the address of an endpoint.
type endpoints struct {
	Authorization string `json:"authorization_endpoint,omitempty"`
	Token         string `json:"token_endpoint,omitempty"`
	Userinfo      string `json:"userinfo_endpoint,omitempty"`
	JWKS          string `json:"jwks_uri,omitempty"`
	Revocation    string `json:"revocation_endpoint,omitempty"`
	Introspection string `json:"introspection_endpoint,omitempty"`
	Pushed        string `json:"pushed_authorization_request_endpoint,omitempty"` // RFC 9126 §5
	Devices       string `json:"device_authorization_endpoint,omitempty"`         // RFC 8628 §4
	Challenge     string `json:"authorization_challenge_endpoint,omitempty"`      // draft-ietf-oauth-first-party-apps-03 §4
	EndSession    string `json:"end_session_endpoint,omitempty"`                  // RP-Initiated Logout 1.0 §2.1
	Registration  string `json:"registration_endpoint,omitempty"`                 // RFC 8414 §2
}

// metadata holds the members of RFC 8414 §2, OpenID Connect Discovery 1.0 §3 and their
// extensions that apply to this server.
type metadata struct {
	Issuer string `json:"issuer"`
	endpoints

	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"` // required, even if empty
	ResponseModes []string `json:"response_modes_supported,omitempty"`
	Grants        []string `json:"grant_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported,omitempty"`

	TokenAuth         []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	TokenSigning      []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	RevocationSigning []string `json:"revocation_endpoint_auth_signing_alg_values_supported,omitempty"`
	IntrospectionAuth []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	IntrospectSigning []string `json:"introspection_endpoint_auth_signing_alg_values_supported,omitempty"`

	// RFC 9101; "none" is not among the algorithms.
	Request        bool     `json:"request_parameter_supported,omitempty"`
	RequestSigning []string `json:"request_object_signing_alg_values_supported,omitempty"`

	IssInAnswer bool `json:"authorization_response_iss_parameter_supported,omitempty"` // RFC 9207 §3

	ClientDocuments bool `json:"client_id_metadata_document_supported,omitempty"` // the draft of that name, §5

	Subjects       []string `json:"subject_types_supported,omitempty"`
	IDTokenSigning []string `json:"id_token_signing_alg_values_supported,omitempty"`
	Claims         []string `json:"claims_supported,omitempty"`
	*more
}

// more holds the members of OpenID Connect Discovery 1.0 §3 for a server with an
// authorization endpoint. RequestURI is sent although it is false, because
// request_uri_parameter_supported defaults to true.
type more struct {
	ClaimTypes      []string `json:"claim_types_supported"`
	ClaimsParameter bool     `json:"claims_parameter_supported"`
	RequestURI      bool     `json:"request_uri_parameter_supported"`
	ACRs            []string `json:"acr_values_supported"`
	Languages       []string `json:"ui_locales_supported"`
	// Back-Channel Logout 1.0 §2.1.
	Backchannel        bool `json:"backchannel_logout_supported,omitempty"`
	BackchannelSession bool `json:"backchannel_logout_session_supported,omitempty"`
}

// AuthorizationServer returns the document of RFC 8414.
func (s Server) AuthorizationServer() ([]byte, error) {
	m, err := s.metadata()
	if err != nil {
		return nil, err
	}
	return encode(m)
}

// OpenIDConfiguration returns the document of OpenID Connect Discovery 1.0.
func (s Server) OpenIDConfiguration() ([]byte, error) {
	m, err := s.metadata()
	if err != nil {
		return nil, err
	}
	m.Subjects = []string{"public"}
	m.IDTokenSigning = append([]string{store.RS256}, strings.Fields(s.Algorithms)...)
	m.Claims = []string{"iss", "sub", "aud", "exp", "iat", "auth_time"}
	if m.Authorization != "" {
		m.Claims = append([]string{"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash"}, claims.Supported()...)
		m.more = &more{
			ClaimTypes: []string{"normal"}, ClaimsParameter: true, ACRs: signin.ACRValues(), Languages: []string{"en", "de"},
			Backchannel: s.BackchannelLogout, BackchannelSession: s.BackchannelLogout,
		}
	}
	return encode(m)
}

func (s Server) metadata() (metadata, error) {
	m := metadata{Issuer: s.Issuer, Scopes: authz.AllScopes.With(s.Scopes).Tokens(), ResponseTypes: []string{}, Grants: s.grants(), ClientDocuments: s.ClientDocuments}
	var err error
	if m.endpoints, err = s.endpoints(); err != nil {
		return metadata{}, err
	}
	if m.Authorization != "" {
		m.ResponseTypes, m.ResponseModes = []string{"code"}, []string{oauth.QueryMode, oauth.FragmentMode, oauth.FormPostMode}
		m.Challenges, m.IssInAnswer = []string{"S256"}, true
	}
	all, signing := store.AuthMethods(), keys.ForeignAlgorithms()
	if !s.PrivateKeyJWT {
		all, signing = without(all, store.PrivateKeyJWT), nil
	}
	if m.Authorization != "" {
		m.Request, m.RequestSigning = s.PrivateKeyJWT, signing
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
	return m, nil
}

// endpoints fills in the addresses by the names of their members. An unknown name is an
// error.
func (s Server) endpoints() (e endpoints, err error) {
	addresses := map[string]string{}
	for member, path := range s.Endpoints {
		addresses[member] = strings.TrimSuffix(s.Issuer, "/") + path
	}
	text, err := json.Marshal(addresses)
	if err != nil {
		return e, fmt.Errorf("encoding the endpoints: %w", err)
	}
	members := json.NewDecoder(bytes.NewReader(text))
	members.DisallowUnknownFields()
	if err := members.Decode(&e); err != nil {
		return e, fmt.Errorf("filling in the endpoints: %w", err)
	}
	return e, nil
}

// grants returns the grant types that a client can use: what they redeem must come from
// an endpoint of this server.
func (s Server) grants() []string {
	return s.Grants.Offered(func(endpoint string) bool { return s.Endpoints[endpoint] != "" }).Names()
}

func without(methods []string, method string) []string {
	return slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == method })
}

func encode(m metadata) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding metadata: %w", err)
	}
	return body, nil
}
