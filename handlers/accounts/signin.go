package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/internal/token"
)

// handler is an endpoint of this audience.
type handler func(w http.ResponseWriter, r *http.Request) error

// endpoint turns the errors of services that have their own message here into refusals.
func endpoint(serve handler) handlers.Endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := serve(w, r)
		if _, limited := errors.AsType[*throttle.Limited](err); !limited && refusal.Kept(err) {
			reqctx.From(r.Context()).Explain(refusal.SignIn, err, nil)
		}
		return refusalOf(err)
	}
}

// refusalOf returns the refusal for an error of a service, or the error as it is.
func refusalOf(err error) error {
	if required, is := errors.AsType[*factor.Required](err); is {
		return refusalWithout(required)
	}
	switch {
	case errors.Is(err, account.ErrClosed):
		return &api.Forbidden{Detail: "Sign-up is closed. An administrator can create an account."}
	case errors.Is(err, account.ErrUnverified):
		return api.AddressUnverified(err)
	case errors.Is(err, account.ErrCredentials), errors.Is(err, signin.ErrCredentialsChanged), errors.Is(err, signin.ErrFactorUsed):
		return api.CredentialsRefused(err)
	case errors.Is(err, link.ErrSpent):
		return fields.New("token", "This link does not work any more. Ask for a new one.")
	case errors.Is(err, account.ErrHasPassword):
		return &api.Conflict{Detail: "The person has a password. Make a link to reset it instead."}
	case errors.Is(err, account.ErrInactive):
		return &api.Conflict{Detail: "The person is deactivated and could not use a link. Activate them first."}
	}
	return err
}

// signUp creates an account for an anonymous caller.
func (h *Handlers) signUp(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := fixed(body, nil, adminOnly...); err != nil {
		return err
	}
	user, err := h.Accounts.SignUp(r.Context(), inputOf(body))
	if err != nil {
		return err
	}
	return tell(w, http.StatusCreated, "User created successfully", user)
}

type tokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
	User    any    `json:"user,omitempty"` // Profile.answer
}

// login signs a person in to the built-in app, by username or e-mail address. A
// username that is not blank takes precedence. Every refusal gets the same answer, even
// if a field is missing or is not a string.
func (h *Handlers) login(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	proof, err := h.prove(h.Known.Context(r.Context(), r), body)
	if err != nil {
		return err
	}
	person, err := ProfileOf(proof.User) // before the session begins, so that nothing fails after it
	if err != nil {
		return err
	}
	set, err := h.Sessions.Begin(r.Context(), proof, h.Client, apis.Grant{Scope: authz.ForRole(proof.User.Role)}, apis.Asked{})
	if err != nil {
		return err
	}
	h.Known.Remember(w, r, set.User.Sub)
	person.Person = PersonOf(set.User)
	return api.JSON(w, http.StatusOK, tokens{set.AccessToken, set.RefreshToken, person.Answer()})
}

// prove checks a name and a password, and the second factor of those who have one.
func (h *Handlers) prove(ctx context.Context, body api.Body) (signin.Proof, error) {
	name, pw := body.Text("username"), body.Verbatim("password")
	if name.Value == "" && name.Problem == "" {
		name = body.Text("email")
	}
	if waiting := body.Text("auth_session"); waiting.Value != "" && !name.Sent && !pw.Sent {
		return h.resume(ctx, waiting.Value, body)
	}
	if name.Value == "" || pw.Value == "" {
		return signin.Proof{}, api.CredentialsRefused(errors.New("name or password missing or not a string"))
	}
	proof, err := h.Accounts.CheckPassword(ctx, name.Value, pw.Value, signin.ByLogin)
	if err != nil || proof.Lacks == signin.LacksNothing {
		return proof, err
	}
	proof, err = h.Accounts.Factors.Complete(ctx, proof, h.Client.ID, answerOf(body))
	return proof, h.lacking(err)
}

// refresh exchanges a refresh token of the built-in app.
func (h *Handlers) refresh(w http.ResponseWriter, r *http.Request) error {
	raw, err := readRefresh(w, r)
	if err != nil {
		return err
	}
	set, err := h.Sessions.Refresh(r.Context(), h.Client, raw, apis.Asked{})
	if errors.Is(err, session.ErrInvalid) {
		return h.refused(r, err)
	}
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, tokens{Access: set.AccessToken, Refresh: set.RefreshToken})
}

// logout ends the session of a refresh token. It needs no proof other than the token,
// whose holder could use the session as well as end it.
//
// It also succeeds if the session has already ended, or the token is used up or has
// expired, so that a sign-out can be repeated. A token that was never issued to this app
// is refused as in refresh.
func (h *Handlers) logout(w http.ResponseWriter, r *http.Request) error {
	raw, err := readRefresh(w, r)
	if err != nil {
		return err
	}
	claims, err := h.Tokens.Refresh(r.Context(), raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		return api.Done(w)
	case errors.Is(err, token.ErrInvalid):
		return h.refused(r, err)
	case err != nil:
		return fmt.Errorf("reading a refresh token: %w", err)
	case claims.ClientID != session.AccountsID:
		return h.refused(r, fmt.Errorf("%w: a refresh token of client %s", session.ErrInvalid, claims.ClientID))
	}
	if _, err := h.Sessions.End(r.Context(), audit.UserSubject(claims.Subject), claims.SessionID, 0, "logout"); err != nil {
		return err
	}
	return api.Done(w)
}

// readRefresh reads the refresh token, the only field of refresh and logout.
func readRefresh(w http.ResponseWriter, r *http.Request) (string, error) {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return "", err
	}
	raw := body.Text("refresh")
	switch {
	case raw.Problem != "":
		return "", fields.New("refresh", raw.Problem)
	case !raw.Sent:
		return "", fields.New("refresh", fields.Required)
	case strings.TrimSpace(raw.Value) == "":
		return "", fields.New("refresh", fields.Blank)
	}
	return raw.Value, nil
}

// refused counts an invalid refresh token against the network that sent it. A valid one
// is not counted, and never delayed.
func (h *Handlers) refused(r *http.Request, reason error) error {
	if err := h.Limits.Failure(r.Context(), "refresh", session.AccountsID); err != nil {
		return err
	}
	return api.RefreshRefused(reason)
}
