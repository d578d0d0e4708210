package protocol

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/register"
	"gatehouse/internal/refusal"
)

// maxMetadataBytes bounds what an app says of itself.
const maxMetadataBytes = 16 << 10

// Register lets apps register themselves (RFC 7591, RFC 7592).
type Register struct {
	Clients interface {
		Register(ctx context.Context, m client.Metadata, token string) (register.Answer, error)
		Read(ctx context.Context, id, token string) (register.Answer, error)
		Update(ctx context.Context, id, token string, m client.Metadata) (register.Answer, error)
		Delete(ctx context.Context, id, token string) error
	}
}

func (e Register) routes() []handlers.Route {
	own := register.Path + "/{client_id}"
	return []handlers.Route{
		{Method: http.MethodPost, Path: register.Path, Discovery: "registration_endpoint", Serve: e.create},
		{Method: http.MethodGet, Path: own, Serve: e.read},
		{Method: http.MethodPut, Path: own, Serve: e.update},
		{Method: http.MethodDelete, Path: own, Serve: e.delete},
	}
}

// create registers an app. The token is needed only where the server asks for one.
func (e Register) create(w http.ResponseWriter, r *http.Request) error {
	token, err := handlers.Bearer(r.Header)
	if errors.Is(err, handlers.ErrBadBearer) {
		return badRegistrationToken(err)
	}
	m, err := metadata(r)
	if err != nil {
		return err
	}
	answer, err := e.Clients.Register(r.Context(), m, token)
	if err != nil {
		return registrationRefused(err)
	}
	writeJSON(w, http.StatusCreated, answer)
	return nil
}

func (e Register) read(w http.ResponseWriter, r *http.Request) error {
	token, err := registrationToken(r)
	if err != nil {
		return err
	}
	answer, err := e.Clients.Read(r.Context(), r.PathValue("client_id"), token)
	if err != nil {
		return registrationRefused(err)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (e Register) update(w http.ResponseWriter, r *http.Request) error {
	token, err := registrationToken(r)
	if err != nil {
		return err
	}
	m, err := metadata(r)
	if err != nil {
		return err
	}
	answer, err := e.Clients.Update(r.Context(), r.PathValue("client_id"), token, m)
	if err != nil {
		return registrationRefused(err)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (e Register) delete(w http.ResponseWriter, r *http.Request) error {
	token, err := registrationToken(r)
	if err != nil {
		return err
	}
	if err := e.Clients.Delete(r.Context(), r.PathValue("client_id"), token); err != nil {
		return registrationRefused(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func registrationToken(r *http.Request) (string, error) {
	token, err := handlers.Bearer(r.Header)
	switch {
	case errors.Is(err, handlers.ErrNoBearer):
		return "", noRegistrationToken(err)
	case err != nil:
		return "", badRegistrationToken(err)
	}
	return token, nil
}

// registrationRefused refuses a missing or bad token by RFC 6750 §3.1. A client that does
// not exist is refused as a bad token is (RFC 7592 §2.1).
func registrationRefused(err error) error {
	switch {
	case errors.Is(err, register.ErrNoToken):
		return noRegistrationToken(err)
	case errors.Is(err, client.ErrRegistrationToken):
		return badRegistrationToken(err)
	}
	return err
}

func noRegistrationToken(why error) error {
	return &BearerError{Status: http.StatusUnauthorized, reason: refusal.With(why, refusal.Fact{Kind: refusal.RegistrationToken})}
}

func badRegistrationToken(why error) error {
	return &BearerError{
		Status: http.StatusUnauthorized, Code: "invalid_token", reason: refusal.With(why, refusal.Fact{Kind: refusal.RegistrationToken}),
		Description: "The registration token is invalid, expired, used up or withdrawn, or its client is gone or disabled.",
	}
}

// metadata reads what an app says of itself. Unknown members are ignored, and null counts
// as absent (RFC 7591 §2, RFC 7592 §2.2).
func metadata(r *http.Request) (m client.Metadata, err error) {
	b, err := api.ReadJSON(r, maxMetadataBytes)
	switch {
	case errors.Is(err, api.ErrNotJSON):
		return m, oauth.InvalidRequest.Because("%w", err).Hinting("The body must be one JSON object, sent as application/json.").Found(refusal.RegistrationDocument)
	case err != nil:
		return m, err
	}
	b = b.WithoutNulls()
	return client.Metadata{
		Input: client.Input{
			ID: b.Verbatim("client_id"), Secret: b.Verbatim("client_secret"), Name: b.Text("client_name"),
			AuthMethod: b.Verbatim("token_endpoint_auth_method"), Scope: b.Verbatim("scope"), GrantTypes: b.List("grant_types"),
			RedirectURIs: b.List("redirect_uris"), PostLogoutRedirectURIs: b.List("post_logout_redirect_uris"),
			JWKS: object(b, "jwks"), JWKSURI: b.Verbatim("jwks_uri"),
			BackchannelLogoutURI: b.Verbatim("backchannel_logout_uri"), BackchannelSession: b.Flag("backchannel_logout_session_required"),
			RequirePAR: b.Flag("require_pushed_authorization_requests"), RequireSignedRequestObject: b.Flag("require_signed_request_object"),
			IDTokenAlg: b.Verbatim("id_token_signed_response_alg"),
		},
		ApplicationType: b.Verbatim("application_type"), ResponseTypes: b.List("response_types"),
		SubjectType: b.Verbatim("subject_type"),
	}, nil
}

// object returns a member that is an object, as text.
func object(b api.Body, name string) fields.Text {
	if _, problem := b.Part(name); b.Has(name) && problem != "" {
		return fields.Text{Sent: true, Problem: fields.NotAnObject}
	}
	return b.Document(name)
}
