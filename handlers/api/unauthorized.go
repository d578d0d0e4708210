package api

import (
	"errors"

	"gatehouse/internal/session"
	"gatehouse/internal/token"
)

// An Unauthorized refuses a caller that is not authenticated, with the body that front
// ends expect. Reason is for our log.
type Unauthorized struct {
	Body any
	// Code is the error in the challenge (RFC 6750 §3.1); empty if there was no token.
	Code   string
	Reason error
}

func (e *Unauthorized) Error() string {
	if e.Reason == nil {
		return "unauthorized"
	}
	return "unauthorized: " + e.Reason.Error()
}

// Unwrap lets errors.Is find the reason.
func (e *Unauthorized) Unwrap() error { return e.Reason }

const invalidToken = "invalid_token"

// detail is the body of most refusals.
type detail struct {
	Detail   string         `json:"detail"`
	Code     string         `json:"code,omitempty"`
	Messages []tokenMessage `json:"messages,omitempty"`
	Request  string         `json:"request_id,omitempty"`
}

type tokenMessage struct {
	Class   string `json:"token_class"`
	Type    string `json:"token_type"`
	Message string `json:"message"`
}

// CredentialsRefused returns the same refusal for every failed sign-in, whatever the
// reason.
func CredentialsRefused(reason error) error {
	return &Unauthorized{Body: map[string]string{"error": "Invalid credentials"}, Reason: reason}
}

// AddressUnverified refuses a sign-in whose name and password were right.
func AddressUnverified(reason error) error {
	return &Unauthorized{Body: map[string]string{"error": "Email address not verified", "code": "email_not_verified"}, Reason: reason}
}

// RefreshRefused refuses an invalid refresh token.
func RefreshRefused(reason error) error {
	return &Unauthorized{Body: detail{Detail: tokenFault(reason), Code: "token_not_valid"}, Code: invalidToken, Reason: reason}
}

func noCredentials() error {
	return &Unauthorized{Body: detail{Detail: "Authentication credentials were not provided."}}
}

func malformedHeader() error {
	return &Unauthorized{Body: detail{Detail: "Authorization header must contain two space-delimited values", Code: "bad_authorization_header"}}
}

// badAccessToken says that the person is gone or inactive only if the token is genuine;
// of any other token it says only that it is invalid.
func badAccessToken(reason error) error {
	body := detail{
		Detail: "Given token not valid for any token type", Code: "token_not_valid",
		Messages: []tokenMessage{{"AccessToken", "access", tokenFault(reason)}},
	}
	switch {
	case errors.Is(reason, session.ErrUserGone):
		body = detail{Detail: "User not found", Code: "user_not_found"}
	case errors.Is(reason, session.ErrUserInactive):
		body = detail{Detail: "User is inactive", Code: "user_inactive"}
	}
	return &Unauthorized{Body: body, Code: invalidToken, Reason: reason}
}

func tokenFault(reason error) string {
	if errors.Is(reason, token.ErrWrongType) {
		return "Token has wrong type"
	}
	return "Token is invalid or expired"
}
