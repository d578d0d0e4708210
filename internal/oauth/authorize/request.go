package authorize

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// parameterNames are the parameters that the authorization endpoint reads; it ignores
// all others, even repeated ones (RFC 6749 §3.1).
var parameterNames = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", oauth.Resource, "state", "nonce",
	"code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint",
	"acr_values", "ui_locales", "claims", "request", "request_uri", "registration",
}

// A request is an authorization request. The checks fill in what they find.
type request struct {
	params   url.Values // one value each but of resource, none empty
	repeated []string
	// malformed says that a value is not UTF-8.
	malformed bool
	// pushing says that the client itself sends the request, to push it.
	pushing bool
	// resumed says that a page of ours has shown the request to the person.
	resumed bool
	// pushed is the request_uri of a pushed request, or empty (RFC 9126).
	pushed string
	// object is its request object, or nil (RFC 9101). If the parameters are of one that was
	// verified, signed is until when that counts, in Unix milliseconds.
	object *object
	signed int64

	client store.Client
	// askSince is the time before which a consent to the client is not enough; zero: none.
	askSince    time.Time
	redirectURI string
	mode        string
	granted     apis.Grant  // what the session gets
	asked       authz.Scope // what the person is asked for: the scope, and the scopes of the claims
	// missing is what of asked the person must still be asked for, once that is decided.
	missing authz.Scope
	prompt  []string
	maxAge  time.Duration // negative: none
	wishes  claims.Request
	hint    token.ID // zero: none

	// consent is the generation of the consent that was found enough, and Unread if none
	// was needed.
	consent store.Generation
}

func readRequest(values url.Values) *request {
	req := &request{params: url.Values{}, mode: oauth.QueryMode, maxAge: -1, consent: store.Unread}
	for name, given := range values {
		if !slices.Contains(parameterNames, name) {
			continue
		}
		if len(given) > 1 && name != oauth.Resource {
			req.repeated = append(req.repeated, name)
			given = given[:1]
		}
		for _, value := range given {
			if !utf8.ValidString(value) {
				req.malformed = true
			} else if value != "" {
				req.params.Add(name, value)
			}
		}
	}
	return req
}

// get returns a parameter, or "" if it is absent or has no value (RFC 6749 §3.1).
func (r *request) get(name string) string { return r.params.Get(name) }

// state returns the state to echo, or "" if the request repeats it.
func (r *request) state() string {
	if slices.Contains(r.repeated, "state") {
		return ""
	}
	return r.get("state")
}

func (r *request) asks(prompt string) bool { return slices.Contains(r.prompt, prompt) }

// query returns the parameters that a sealed request carries.
func (r *request) query() string {
	if r.pushed != "" {
		return url.Values{"client_id": {r.client.ID}, "request_uri": {r.pushed}}.Encode()
	}
	return r.params.Encode()
}

// locales returns the languages of the ui_locales parameter, at most eight.
func (r *request) locales() []string {
	found := strings.Fields(r.get("ui_locales"))
	return found[:min(len(found), 8)]
}
