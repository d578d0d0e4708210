package oauth

import (
	"maps"
	"net/url"
	"slices"
)

// Resource is the only parameter of which a request may have several (RFC 8707 §2).
const Resource = "resource"

// parameters are all parameters that an endpoint of ours reads.
var parameters = []string{
	"client_id", "client_secret", "client_assertion", "client_assertion_type",
	"redirect_uri", "response_type", "response_mode", "scope", Resource, "state", "nonce", "code_challenge", "code_challenge_method",
	"prompt", "max_age", "login_hint", "id_token_hint", "acr_values", "ui_locales", "claims", "request", "request_uri", "registration",
	"grant_type", "code", "code_verifier", "device_code", "username", "password", "otp", "totp", "recovery_code", "auth_session", "passkey", "refresh_token",
	"token", "token_type_hint", "access_token",
	"post_logout_redirect_uri", "logout_hint",
}

// DropUnknown deletes the parameters that no endpoint of ours reads. They are ignored, even
// if they are repeated (RFC 6749 §3.1, §3.2).
func DropUnknown(values url.Values) {
	maps.DeleteFunc(values, func(name string, _ []string) bool { return !slices.Contains(parameters, name) })
}
