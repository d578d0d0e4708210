package challenge

import (
	"encoding/json"
	"net/url"

	"gatehouse/internal/oauth"
)

// An Answer is what the app gets: a code, or what is missing.
type Answer struct {
	// AuthorizationCode is redeemed at the token endpoint, with the verifier and without a
	// redirect URI.
	AuthorizationCode string `json:"authorization_code,omitempty"`

	Error       oauth.Code `json:"error,omitempty"`
	Description string     `json:"error_description,omitempty"`
	// AuthSession continues the sign-in. ExpiresIn is its life in seconds.
	AuthSession string `json:"auth_session,omitempty"`
	ExpiresIn   int    `json:"expires_in,omitempty"`
	// Next are the parameters of which one is to be sent now.
	Next []Parameter `json:"next,omitempty"`
	// Passkey are the options of a passkey (PublicKeyCredentialRequestOptionsJSON).
	Passkey json.RawMessage `json:"passkey_options,omitempty"`
	// RequestURI is the request for the authorization endpoint (RFC 9126); empty: the app
	// makes one itself.
	RequestURI string `json:"request_uri,omitempty"`
	// Web are the parameters of that request; nil unless one is to be made.
	Web url.Values `json:"-"`
}

// A Parameter is one by which a person shows something.
type Parameter string

// The parameters.
const (
	Password     Parameter = "password" // with username
	OTP          Parameter = "otp"
	RecoveryCode Parameter = "recovery_code"
	Passkey      Parameter = "passkey"
)

// refuse returns the answer with that code. Wrong says that what was sent is not right.
func refuse(code oauth.Code, wrong bool) Answer {
	a := Answer{Error: code, Description: code.Description()}
	if wrong {
		a.Description = "What was sent is not right. " + a.Description
	}
	return a
}
