// Package oauth is the vocabulary that the OAuth 2.0 endpoints share: codes and
// refusals, messages for people, scopes and the browser that asks. Each endpoint
// has a package of its own, and none of them imports another:
//
//	clientauth   who is the client?             every request that an app sends itself
//	challenge    has a person shown enough?     /oauth/challenge
//	authorize    may the app have a code?       /oauth/authorize, /oauth/par
//	device       may a device have tokens?      /oauth/device_authorization
//	grants       what does a grant give?        /oauth/token
//	logout       may an app ask for a logout?   /oauth/logout
//	discovery    which endpoints are there?     /.well-known/…
//
// Sessions are left to package session, passwords to package account, and HTTP
// answers to the handlers.
package oauth

import (
	"fmt"

	"gatehouse/internal/refusal"
)

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
	InvalidTarget          Code = "invalid_target" // RFC 8707 §2
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

// The codes for second factors at the token endpoint, which are ours.
const (
	// MFARequired: the password was right, and a second factor is needed, too.
	MFARequired Code = "mfa_required"
	// EnrolmentRequired: the password was right, and the person must set up a second factor.
	EnrolmentRequired Code = "enrolment_required"
)

// The codes of the challenge endpoint (draft-ietf-oauth-first-party-apps-03 §5.2.2).
const (
	InsufficientAuthorization Code = "insufficient_authorization"
	InvalidSession            Code = "invalid_session"
	RedirectToWeb             Code = "redirect_to_web"
)

// The codes of the registration endpoint (RFC 7591 §3.2.2).
const (
	InvalidRedirectURI    Code = "invalid_redirect_uri"
	InvalidClientMetadata Code = "invalid_client_metadata"
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
	InvalidTarget:          "The resource is missing, malformed, unknown or not for this client.",
	TemporarilyUnavailable: "The server cannot handle the request at the moment. Try again later.",
	ServerError:            "The server met an unexpected condition.",

	InsufficientAuthorization: "The person has not shown enough yet. Send what is next, with the auth_session.",
	InvalidSession:            "The auth_session is unknown, expired, used up or another client's. Begin anew.",
	RedirectToWeb:             "The person has to go on in a browser.",

	InvalidRedirectURI:    "A redirect URI is missing or may not be registered.",
	InvalidClientMetadata: "What the client says of itself may not be registered.",

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

	MFARequired:       "A second factor is required.",
	EnrolmentRequired: "The person has to set up a second factor at the enrolment_uri.",
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
	more   *More
	fact   *refusal.Fact
}

// More are the members of a refusal beside those of RFC 6749 §5.2.
type More struct {
	// Factors are those that the endpoint takes from this person.
	Factors []string `json:"factors,omitzero"`
	// AuthSession names the sign-in that waits.
	AuthSession string `json:"auth_session,omitempty"`
	// EnrolmentURI is where the person sets up a second factor.
	EnrolmentURI string `json:"enrolment_uri,omitempty"`
}

// With returns e with more members.
func (e *Error) With(more More) *Error {
	e.more = &more
	return e
}

// More returns the members beside the code and the description; nil: none.
func (e *Error) More() *More { return e.more }

// Hinting returns e with a sentence for the developer of the client. It names what the
// registration asks for, and no secret.
func (e *Error) Hinting(hint string) *Error {
	e.hint = " " + hint
	return e
}

// Description is what the client reads besides the code.
func (e *Error) Description() string { return e.Code.Description() + e.hint }

// Found returns e with the kind of mistake that the check found, and Comparing also with what
// it compared (package refusal).
func (e *Error) Found(kind refusal.Kind) *Error { return e.Comparing(kind, "", "") }

// Comparing is Found with what the app sent and what would have passed.
func (e *Error) Comparing(kind refusal.Kind, given, expected string) *Error {
	e.fact = &refusal.Fact{Kind: kind, Given: given, Expected: expected}
	return e
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.reason.Error() }

// Unwrap lets errors.Is find the code, the fact and the cause.
func (e *Error) Unwrap() []error {
	if e.fact != nil {
		return []error{e.Code, e.fact, e.reason}
	}
	return []error{e.Code, e.reason}
}
