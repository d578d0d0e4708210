// Package token has the form of Gatehouse's tokens: their claims, how they are made, and
// how they are verified. Package session decides whether the session of a token lives.
package token

import (
	"time"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// The `typ` headers (RFC 8725 §3.11), by which no token can be used as another kind.
const (
	TypeAccess  = "at+jwt" // RFC 9068 §2.1
	TypeRefresh = "rt+jwt"
	TypeID      = "JWT"        // OIDC Core 1.0 names none, and client libraries accept this one
	TypeLogout  = "logout+jwt" // OIDC Back-Channel Logout 1.0 §2.4
)

// Access holds the claims of an access token (RFC 9068 §2.2). Times are Unix seconds.
type Access struct {
	Issuer   string      `json:"iss"`
	Subject  string      `json:"sub"`
	Audience string      `json:"aud"`
	ClientID string      `json:"client_id"`
	IssuedAt int64       `json:"iat"`
	Expires  int64       `json:"exp"`
	JTI      string      `json:"jti"`
	Scope    authz.Scope `json:"scope"`

	// The claims below are absent from a token that a client got for itself.
	Role      store.Role `json:"role,omitempty"`
	SessionID string     `json:"sid,omitempty"`
	AuthTime  int64      `json:"auth_time,omitempty"`

	// ACR and AMR describe the sign-in (RFC 9068 §2.2.1). Sessions of the first release
	// have neither.
	ACR string   `json:"acr,omitempty"`
	AMR []string `json:"amr,omitempty"`

	// Carried holds the claims about the user that the API wants (store.API.Claims).
	Carried map[string]any `json:"-"`
}

// MarshalJSON adds Carried.
func (a Access) MarshalJSON() ([]byte, error) {
	type plain Access
	return merged(plain(a), a.Carried)
}

// Refresh holds the claims of a refresh token. Times are Unix seconds.
type Refresh struct {
	Issuer    string      `json:"iss"`
	Subject   string      `json:"sub"`
	Audience  string      `json:"aud"`
	ClientID  string      `json:"client_id"`
	IssuedAt  int64       `json:"iat"`
	Expires   int64       `json:"exp"`
	JTI       string      `json:"jti"`
	Scope     authz.Scope `json:"scope"`
	Role      store.Role  `json:"role"`
	SessionID string      `json:"sid"`
	// Gen counts the refresh tokens of the session, from 1.
	Gen int64 `json:"gen"`
}

// A Set is the answer to a grant.
type Set struct {
	AccessToken string
	Access      Access
	// RefreshToken is empty for client_credentials.
	RefreshToken string
	// IDToken is empty unless the client asked for OpenID Connect.
	IDToken string
	// ExpiresIn is the access token's life.
	ExpiresIn time.Duration
}
