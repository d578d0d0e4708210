package register

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

// members are the names of attributes in the metadata, where they differ.
var members = map[string]string{
	"name": "client_name", "auth_method": "token_endpoint_auth_method", "require_par": "require_pushed_authorization_requests",
}

// kinds are the kinds of mistakes by attribute, the first of which explains a refusal.
var kinds = []struct {
	attribute string
	kind      refusal.Kind
}{
	{"redirect_uris", refusal.RegistrationRedirect},
	{"application_type", refusal.RegistrationType},
	{"grant_types", refusal.RegistrationGrants},
	{"response_types", refusal.RegistrationResponse},
	{"auth_method", refusal.RegistrationMethod},
	{"jwks", refusal.RegistrationKeys},
	{"jwks_uri", refusal.RegistrationKeys},
	{"require_signed_request_object", refusal.RegistrationKeys},
	{"scope", refusal.RegistrationScope},
	{"post_logout_redirect_uris", refusal.RegistrationLogout},
	{"backchannel_logout_uri", refusal.RegistrationLogout},
	{"backchannel_logout_session_required", refusal.RegistrationLogout},
	{"id_token_signed_response_alg", refusal.RegistrationFixed},
	{"subject_type", refusal.RegistrationFixed},
	{"name", refusal.RegistrationName},
	{"client_id", refusal.RegistrationClient},
	{"client_secret", refusal.RegistrationClient},
}

// kindOf returns the kind of mistake that mends what is wrong.
func kindOf(bad *fields.Errors) refusal.Kind {
	for _, k := range kinds {
		if bad.Has(k.attribute) {
			return k.kind
		}
	}
	return refusal.RegistrationDocument
}

// inCode turns faults into an *oauth.Error with a sentence for each (RFC 7591 §3.2.2). It
// returns other errors as they are.
func inCode(err error) error {
	bad, ok := errors.AsType[*fields.Errors](err)
	if !ok {
		return err
	}
	code := oauth.InvalidClientMetadata
	if bad.Has("redirect_uris") {
		code = oauth.InvalidRedirectURI
	}
	var sentences []string
	faults := bad.Map()
	for _, field := range slices.Sorted(maps.Keys(faults)) {
		name, differs := members[field]
		if !differs {
			name = field
		}
		sentences = append(sentences, name+": "+strings.Join(faults[field], " "))
	}
	return code.Because("%w", bad).Hinting(sendable(strings.Join(sentences, " "))).Found(kindOf(bad))
}

// maxHint bounds a refusal of much that is wrong.
const maxHint = 2000

// sendable replaces what an error_description must not have (RFC 6749 §5.2).
func sendable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r > '~' || r == '\\':
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), maxHint)]
}

// An Answer is a client information response (RFC 7591 §3.2.1): the credentials, and all
// metadata as they are registered.
type Answer struct {
	ID       string `json:"client_id"`
	IssuedAt int64  `json:"client_id_issued_at"` // Unix seconds
	Secret   string `json:"client_secret,omitempty"`
	// SecretExpires is 0, for never, and absent without a secret.
	SecretExpires *int64 `json:"client_secret_expires_at,omitempty"`
	Token         string `json:"registration_access_token"`
	Address       string `json:"registration_client_uri"`

	Name                   string          `json:"client_name"`
	ApplicationType        string          `json:"application_type"`
	AuthMethod             string          `json:"token_endpoint_auth_method"`
	GrantTypes             []string        `json:"grant_types"`
	ResponseTypes          []string        `json:"response_types"`
	Scope                  string          `json:"scope"`
	RedirectURIs           []string        `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string        `json:"post_logout_redirect_uris,omitempty"`
	JWKS                   json.RawMessage `json:"jwks,omitempty"`
	JWKSURI                string          `json:"jwks_uri,omitempty"`
	BackchannelLogoutURI   string          `json:"backchannel_logout_uri,omitempty"`
	BackchannelSession     bool            `json:"backchannel_logout_session_required,omitempty"`
	RequirePAR             bool            `json:"require_pushed_authorization_requests,omitempty"`
	RequireSigned          bool            `json:"require_signed_request_object,omitempty"`
	IDTokenAlgorithm       string          `json:"id_token_signed_response_alg"`
	// IDTokenFrom is when that algorithm signs, in Unix seconds, if it was to come.
	IDTokenFrom int64  `json:"id_token_signed_response_alg_from,omitempty"`
	SubjectType string `json:"subject_type"`
}

func (e *Endpoint) answer(ctx context.Context, of client.Credentials) (Answer, error) {
	shown, err := e.Clients.Shown(ctx, of.Client)
	if err != nil {
		return Answer{}, fmt.Errorf("shortening the scope of a client: %w", err)
	}
	c := shown[0]
	a := Answer{
		ID: c.ID, IssuedAt: c.CreatedAt.Unix(), Secret: of.Secret, Token: of.Token, Address: e.Address + "/" + c.ID,
		Name: c.Name, ApplicationType: c.Registration.ApplicationType, AuthMethod: c.AuthMethod,
		GrantTypes: c.GrantTypes, ResponseTypes: client.ResponseTypes(c), Scope: c.Scope,
		RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs,
		JWKS: json.RawMessage(c.JWKS), JWKSURI: c.JWKSURI,
		BackchannelLogoutURI: c.BackchannelLogoutURI, BackchannelSession: c.BackchannelSession,
		RequirePAR: c.RequirePAR, RequireSigned: c.RequireSignedRequestObject,
		IDTokenAlgorithm: cmp.Or(c.IDTokenSigning.Alg, store.RS256), SubjectType: client.SubjectType,
	}
	if from := c.IDTokenSigning.From; !from.IsZero() {
		a.IDTokenFrom = from.Unix()
	}
	if len(c.Secrets) > 0 {
		a.SecretExpires = new(int64)
	}
	return a, nil
}
