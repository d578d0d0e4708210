package protocol

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/claims"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// Userinfo answers with the claims of the user who signed in to a client (OIDC Core 1.0
// §5.3).
type Userinfo struct {
	Sessions interface {
		Holder(ctx context.Context, rawAccess string) (session.Holder, error)
	}
}

// Serve answers with the claims of the token's scope, and those that the authorization
// request asked for individually, with their current values.
func (e Userinfo) Serve(w http.ResponseWriter, r *http.Request) error {
	raw, err := accessToken(r)
	if err != nil {
		return err
	}
	holder, err := e.Sessions.Holder(r.Context(), raw)
	if errors.Is(err, session.ErrInvalid) {
		return &BearerError{Status: http.StatusUnauthorized, Code: "invalid_token", reason: err}
	}
	if err != nil {
		return err
	}
	reqctx.From(r.Context()).Actor = "client:" + holder.Token.ClientID
	if !holder.Token.Scope.Has("openid") {
		return &BearerError{Status: http.StatusForbidden, Code: "insufficient_scope", Scope: "openid", reason: errors.New("a token without openid")}
	}
	answer, err := about(holder)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func about(h session.Holder) (map[string]any, error) {
	wishes, err := h.Wishes()
	if err != nil {
		return nil, fmt.Errorf("reading what a session asked for: %w", err)
	}
	names := append(claims.ForScope(h.Token.Scope), wishes.FromUserinfo()...)
	var profile store.Profile
	if claims.NeedProfile(names) {
		if profile, err = store.ProfileOf(h.User); err != nil {
			return nil, err
		}
	}
	about := claims.Of(h.User, profile, names)
	about["sub"] = h.User.Sub // §5.3.2: always present, and the same as in the ID token
	return about, nil
}

// accessToken reads the token from the header (RFC 6750 §2.1) or from a form (§2.2), and
// refuses a request with both. It also refuses a token in the query (RFC 9700 §4.3.2).
func accessToken(r *http.Request) (string, error) {
	var fromForm string
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "" {
		form, err := handlers.AppForm(r)
		if err != nil {
			return "", badRequest(err)
		}
		fromForm = form.Get("access_token")
	}
	switch {
	case r.URL.Query().Has("access_token"):
		return "", badRequest(errors.New("a token in the query"))
	case fromForm != "" && len(r.Header.Values("Authorization")) > 0:
		return "", badRequest(errors.New("more than one token"))
	case fromForm != "":
		return fromForm, nil
	}
	raw, err := handlers.Bearer(r.Header)
	switch {
	case errors.Is(err, handlers.ErrNoBearer):
		return "", &BearerError{Status: http.StatusUnauthorized, reason: err}
	case err != nil:
		return "", badRequest(err)
	}
	return raw, nil
}

func badRequest(why error) error {
	return &BearerError{Status: http.StatusBadRequest, Code: "invalid_request", reason: why}
}
