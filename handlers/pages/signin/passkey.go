package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/oauth"
	"gatehouse/internal/passkey"
	"gatehouse/internal/refusal"
	"gatehouse/internal/signin"
	"gatehouse/web"
)

// Passkey is the sign-in with a passkey. The script of the sign-in page asks for the
// options, and sends what the browser answers by the page's form.
type Passkey struct {
	Login    Login
	Passkeys interface {
		Ask(ctx context.Context, clientID string) (json.RawMessage, error)
		Forget(id []byte) passkey.Signal
		Answered(ctx context.Context, clientID string, method signin.Method, answer []byte) (signin.Proof, error)
	}
	Limits interface {
		Ceremony(ctx context.Context) error
	}
}

// The sentences for a passkey that was refused. Neither says who has an account here.
const (
	passkeyRefused = "This passkey was not accepted. Try again, or sign in with your password."
	passkeyUnknown = "This passkey is not known here any more. Sign in another way."
)

// Options answers with the options of a sign-in, the same for everybody. They leave a
// record behind, so a network gets only so many.
func (e Passkey) Options(w http.ResponseWriter, r *http.Request) error {
	if err := e.Limits.Ceremony(r.Context()); err != nil {
		return err
	}
	options, err := e.Passkeys.Ask(r.Context(), "")
	if errors.Is(err, passkey.ErrOff) {
		return handlers.ErrNotFound
	}
	if err != nil {
		return err
	}
	return pages.JSON(w, http.StatusOK, options)
}

// SignIn checks what the browser answered and signs the browser in.
func (e Passkey) SignIn(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	data := web.LoginData{Request: form.Get("request"), UserCode: form.Get("user_code"), To: pages.ReturnPath(form.Get(pages.ToParam)), Stay: form.Get("stay") != ""}
	visitor, _, err := e.Login.prepare(w, r, &data)
	if errors.Is(err, oauth.ErrMoved) {
		return resume(w, r, e.Login.Requests, data.Request, visitor)
	}
	if err != nil {
		return err
	}
	proof, err := e.Passkeys.Answered(r.Context(), "", signin.ByPasskey, []byte(form.Get("passkey")))
	if err != nil {
		return e.again(w, r, data, err)
	}
	return e.Login.enter(w, r, data, proof)
}

// again shows the sign-in page once more. A browser that offered a passkey which nobody has
// is told to forget it.
func (e Passkey) again(w http.ResponseWriter, r *http.Request, data web.LoginData, err error) error {
	if errors.Is(err, passkey.ErrRefused) {
		explain(r, refusal.Else(err, refusal.Fact{Kind: refusal.SignInPasskey}))
	}
	unknown, gone := errors.AsType[*passkey.Unknown](err)
	switch {
	case gone:
		data.Problem, data.Forget = pages.Say(r, passkeyUnknown), web.Signal(e.Passkeys.Forget(unknown.ID))
	case errors.Is(err, passkey.ErrRefused), errors.Is(err, signin.ErrFactorUsed):
		data.Problem = pages.Say(r, passkeyRefused)
	default:
		return e.Login.again(w, r, data, err)
	}
	return e.Login.form(w, r, http.StatusUnprocessableEntity, data)
}
