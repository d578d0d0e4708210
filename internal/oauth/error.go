// Package oauth is the vocabulary that the OAuth 2.0 endpoints share: codes and
// refusals, messages for people, scopes and the browser that asks. Each endpoint
// has a package of its own, and none of them imports another:
//
//	clientauth   who is the client?             every request that an app sends itself
//	authorize    may the app have a code?       /oauth/authorize, /oauth/par
//	device       may a device have tokens?      /oauth/device_authorization
//	grants       what does a grant give?        /oauth/token
//	logout       may an app ask for a logout?   /oauth/logout
//	discovery    which endpoints are there?     /.well-known/…
//
// Sessions are left to package session, passwords to package account, and HTTP
// answers to the handlers.
package oauth

import "fmt"

// A Code is an error code registered for OAuth. It is itself an error, for
// errors.Is(err, oauth.InvalidGrant).
type Code string

// The codes of RFC 6749 §5.2, and two of §4.1.2.1 for our own faults.
const (
	InvalidRequest         Code = "invalid_request"
	InvalidClient          Code = "invalid_client"
	InvalidGrant           Code = "invalid_grant"
	UnauthorizedClient     Code = "unauthorized_client"
	UnsupportedGrantType   Code = "unsupported_grant_type"
	InvalidScope           Code = "invalid_scope"
	TemporarilyUnavailable Code = "temporarily_unavailable"
	ServerError            Code = "server_error"
)

// The codes of the authorization endpoint (RFC 6749 §4.1.2.1, OIDC Core 1.0
// §3.1.2.6) and of the device grant (RFC 8628 §3.5).
const (
	AccessDenied            Code = "access_denied"
	UnsupportedResponseType Code = "unsupported_response_type"
	LoginRequired           Code = "login_required"
	ConsentRequired         Code = "consent_required"
	InvalidRequestObject    Code = "invalid_request_object"
	RequestURINotSupported  Code = "request_uri_not_supported"
	RegistrationUnsupported Code = "registration_not_supported"
	UnmetAuthentication     Code = "unmet_authentication_requirements"
	AuthorizationPending    Code = "authorization_pending"
	SlowDown                Code = "slow_down"
	ExpiredToken            Code = "expired_token"
)

// descriptions are what a client reads besides the code. Each depends on the code alone,
// so none can leak an internal reason. They are ASCII without " and \ (RFC 6749 §5.2).
var descriptions = map[Code]string{
	InvalidRequest:         "The request is malformed, lacks a parameter, repeats one or has one that is not allowed here.",
	InvalidClient:          "The client could not be authenticated.",
	InvalidGrant:           "The credentials or the token are invalid, expired, revoked or were issued to another client.",
	UnauthorizedClient:     "The client is not allowed to use this grant type.",
	UnsupportedGrantType:   "The server does not support this grant type.",
	InvalidScope:           "The scope is malformed or goes beyond what may be granted.",
	TemporarilyUnavailable: "The server cannot handle the request at the moment. Try again later.",
	ServerError:            "The server met an unexpected condition.",

	AccessDenied:            "The person did not allow it.",
	UnsupportedResponseType: "The server supports the response type code alone.",
	LoginRequired:           "The person has to sign in.",
	ConsentRequired:         "The person has to be asked for consent.",
	InvalidRequestObject:    "The request object is not signed by the client, not for this server, or not valid.",
	RequestURINotSupported:  "A request_uri that was not pushed to this server is not supported.",
	RegistrationUnsupported: "The registration parameter is not supported.",
	UnmetAuthentication:     "The person cannot be authenticated in the way that was asked for.",
	AuthorizationPending:    "The person has not answered yet.",
	SlowDown:                "The device asks too often.",
	ExpiredToken:            "The device code has expired.",
}

// Error is the code itself.
func (c Code) Error() string { return string(c) }

// Description is the sentence that goes with the code.
func (c Code) Description() string { return descriptions[c] }

// Because returns a refusal with code c. Only our log shows the reason; %w in it
// keeps a cause in the chain.
func (c Code) Because(reason string, args ...any) *Error {
	return &Error{Code: c, reason: fmt.Errorf(reason, args...)}
}

// An Error is a refusal: a code for the client and a reason for our log.
type Error struct {
	Code   Code
	reason error
	hint   string
}

// Hinting returns e with a sentence for the developer of the client. It names what the
// registration asks for, and no secret.
func (e *Error) Hinting(hint string) *Error {
	e.hint = " " + hint
	return e
}

// Description is what the client reads besides the code.
func (e *Error) Description() string { return e.Code.Description() + e.hint }

func (e *Error) Error() string { return string(e.Code) + ": " + e.reason.Error() }

// Unwrap lets errors.Is find both the code and the cause.
func (e *Error) Unwrap() []error { return []error{e.Code, e.reason} }
