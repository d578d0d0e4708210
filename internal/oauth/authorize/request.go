package authorize

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// parameterNames are those that are read at the authorization endpoint; all
// others are ignored (RFC 6749 §3.1).
var parameterNames = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint",
	"acr_values", "ui_locales", "claims", "request", "request_uri", "registration",
}

// A request is an authorization request as far as it has been read. The
// checks fill in what they find.
type request struct {
	params   url.Values // one value each, none empty
	repeated []string
	// malformed says that some value is not UTF-8.
	malformed bool
	// pushed is the request_uri that it came by, if it was pushed (RFC 9126).
	pushed string

	client      store.Client
	redirectURI string
	mode        string
	scope       authz.Scope // of the tokens
	asked       authz.Scope // what the person is asked for: scope, and what the claims belong to
	prompt      []string
	maxAge      time.Duration // negative: none
	wishes      claims.Request
	hint        token.ID // zero: none
}

func readRequest(values url.Values) *request {
	req := &request{params: url.Values{}, mode: oauth.QueryMode, maxAge: -1}
	for name, given := range values {
		if len(given) > 1 {
			req.repeated = append(req.repeated, name)
		}
		if !slices.Contains(parameterNames, name) {
			continue
		}
		if !utf8.ValidString(given[0]) {
			req.malformed = true
		} else if given[0] != "" {
			req.params.Set(name, given[0])
		}
	}
	return req
}

// get returns a parameter; one without a value is as one that is not there
// (RFC 6749 §3.1).
func (r *request) get(name string) string { return r.params.Get(name) }

// state is echoed as it came, if it came once.
func (r *request) state() string {
	if slices.Contains(r.repeated, "state") {
		return ""
	}
	return r.get("state")
}

func (r *request) asks(prompt string) bool { return slices.Contains(r.prompt, prompt) }

// query is what a sealed request carries.
func (r *request) query() string {
	if r.pushed != "" {
		return url.Values{"client_id": {r.client.ID}, "request_uri": {r.pushed}}.Encode()
	}
	return r.params.Encode()
}

// locales are the languages of the ui_locales parameter. At most a handful is of use.
func (r *request) locales() []string {
	found := strings.Fields(r.get("ui_locales"))
	return found[:min(len(found), 8)]
}
