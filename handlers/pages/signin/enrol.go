package signin

import (
	"errors"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/signin"
	"gatehouse/web"
)

// actor is a person who sets up their first second factor, and whose password was right.
func actor(waiting factor.Waiting) authz.Actor {
	u := waiting.Proof.User
	return authz.Actor{UserID: u.ID, Sub: u.Sub, Role: u.Role, SignedInAt: waiting.Proof.SignIn.At, ACR: waiting.Proof.SignIn.ACR}
}

// setUp shows the page on which an authenticator app is set up.
func (e Factor) setUp(w http.ResponseWriter, r *http.Request, waiting factor.Waiting, data web.LoginData, status int, problem string) error {
	setup, err := e.Accounts.SetUpTOTP(r.Context(), actor(waiting), waiting.Proof.User, false)
	if errors.Is(err, account.ErrFactorThere) || errors.Is(err, signin.ErrCredentialsChanged) {
		return e.begin(w, r) // it was set up elsewhere meanwhile
	}
	if err != nil {
		return err
	}
	shown, err := pages.TOTPSetup(waiting.Proof.User, setup)
	if err != nil {
		return err
	}
	shown.Action, shown.Required, shown.Problem = pathFor(factorPath, data), true, problem
	return pages.Show(w, r, web.AccountTOTP, status, shown)
}

// enrol adds the app by one of its codes, and signs the browser in.
func (e Factor) enrol(w http.ResponseWriter, r *http.Request, waiting factor.Waiting, data web.LoginData, typed string) error {
	done, err := e.Accounts.ConfirmTOTP(r.Context(), actor(waiting), waiting.Proof.User, typed)
	switch {
	case errors.Is(err, factor.ErrWrong):
		return e.setUp(w, r, waiting, data, http.StatusUnprocessableEntity, pages.Say(r, codeNotRight))
	case errors.Is(err, account.ErrNoSetup), errors.Is(err, signin.ErrCredentialsChanged):
		return e.begin(w, r)
	case err != nil:
		return err
	}
	shown := signin.Factor{ACR: signin.ACRMFA, AMR: []string{signin.AMROTP}} // its step was used up when it was confirmed
	proof := signin.Password(done.User, waiting.Proof.Method, waiting.Proof.SignIn.At).With(shown, waiting.Proof.SignIn.At)
	if _, err := e.Login.admit(w, r, data, proof); err != nil {
		return e.refuse(w, r, waiting, data, err)
	}
	e.Login.Visitors.Cookies.ClearWaiting(w)
	return pages.Show(w, r, web.RecoveryCodes, http.StatusOK, web.RecoveryCodesData{Codes: done.Codes, Next: onward(data), Added: true})
}
