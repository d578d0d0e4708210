package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

// factorPath is where a sign-in gets what the password lacks.
const factorPath = "/login/factor"

// A waitingRoom keeps sign-ins that lack a factor.
type waitingRoom interface {
	Begin(ctx context.Context, proof signin.Proof, clientID string, onward []byte) (string, error)
	Waiting(ctx context.Context, token, clientID string) (factor.Waiting, error)
	Answer(ctx context.Context, w factor.Waiting, a factor.Answer) (signin.Proof, error)
}

// Factor is the page where people show their second factor or, if they must have one and
// have none, set it up. The browser is signed in only after that.
type Factor struct {
	Login Login
	// Accounts sets up authenticator apps.
	Accounts interface {
		SetUpTOTP(ctx context.Context, actor authz.Actor, me store.User, anew bool) (account.AppSetup, error)
		ConfirmTOTP(ctx context.Context, actor authz.Actor, me store.User, typed string) (account.FactorChange, error)
	}
}

// proceed signs the browser in, or leads to the page for what the proof lacks. Strict says
// that the factor is asked for even in a browser that the person trusts.
func (e Login) proceed(w http.ResponseWriter, r *http.Request, data web.LoginData, proof signin.Proof, strict bool) error {
	if !strict && e.Trusted.By(r, proof.User) {
		proof = proof.Trusted()
	}
	if proof.Lacks == signin.LacksNothing {
		return e.enter(w, r, data, proof)
	}
	onward, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encoding where a sign-in leads: %w", err)
	}
	token, err := e.Factors.Begin(r.Context(), proof, "", onward)
	if err != nil {
		return e.again(w, r, data, err)
	}
	e.Visitors.Cookies.SetWaiting(w, token, factor.WaitingFor)
	return pages.SeeOther(w, pathFor(factorPath, data))
}

// enter signs the browser in and goes on.
func (e Login) enter(w http.ResponseWriter, r *http.Request, data web.LoginData, proof signin.Proof) error {
	cookie, err := e.admit(w, r, data, proof)
	if err != nil {
		return e.again(w, r, data, err)
	}
	return e.leave(w, r, data, cookie)
}

// admit signs the browser in and sets its cookies.
func (e Login) admit(w http.ResponseWriter, r *http.Request, data web.LoginData, proof signin.Proof) (cookie string, err error) {
	proof.Notice = e.People.Unfamiliar(e.Known.Context(r.Context(), r), proof.User, proof.Method)
	cookie, _, err = e.Browsers.SignIn(r.Context(), proof, e.Visitors.Cookies.Session(r))
	if err != nil {
		return "", err
	}
	e.keep(w, cookie, data.Stay)
	e.Known.Remember(w, r, proof.User.Sub)
	return cookie, nil
}

// codeNotRight is the answer to a wrong code.
const codeNotRight = "This code is not right. Check it and try again."

// Show asks for the factor.
func (e Factor) Show(w http.ResponseWriter, r *http.Request) error {
	waiting, data, err := e.waiting(r)
	if errors.Is(err, factor.ErrGone) {
		return e.begin(w, r)
	}
	if err != nil {
		return err
	}
	if waiting.Proof.Lacks == signin.LacksEnrolment {
		return e.setUp(w, r, waiting, data, http.StatusOK, "")
	}
	return e.ask(w, r, waiting, data, http.StatusOK, "")
}

// Answer checks what was typed.
func (e Factor) Answer(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	waiting, data, err := e.waiting(r)
	if errors.Is(err, factor.ErrGone) {
		return e.begin(w, r)
	}
	if err != nil {
		return err
	}
	if waiting.Proof.Lacks == signin.LacksEnrolment {
		return e.enrol(w, r, waiting, data, form.Get("otp"))
	}
	answer := factor.Answer{OTP: form.Get("otp"), RecoveryCode: form.Get("recovery_code")}
	proof, err := e.Login.Factors.Answer(e.Login.Known.Context(r.Context(), r), waiting, answer)
	if err == nil {
		err = e.enter(w, r, data, proof, form.Has("trust"))
	}
	if err != nil {
		return e.refuse(w, r, waiting, data, err)
	}
	return nil
}

// enter signs the browser in with a complete proof.
func (e Factor) enter(w http.ResponseWriter, r *http.Request, data web.LoginData, proof signin.Proof, trust bool) error {
	cookie, err := e.Login.admit(w, r, data, proof)
	if err != nil {
		return err
	}
	e.Login.Visitors.Cookies.ClearWaiting(w)
	if trust {
		e.Login.Trusted.Remember(w, r, proof.User)
	}
	return e.Login.leave(w, r, data, cookie)
}

// refuse shows the page again if another try can help, or begins anew.
func (e Factor) refuse(w http.ResponseWriter, r *http.Request, waiting factor.Waiting, data web.LoginData, err error) error {
	explain(r, err)
	switch {
	case errors.Is(err, factor.ErrGone), errors.Is(err, signin.ErrCredentialsChanged):
		return e.begin(w, r)
	case errors.Is(err, factor.ErrWrong):
		return e.ask(w, r, waiting, data, http.StatusUnprocessableEntity, pages.Say(r, codeNotRight))
	case errors.Is(err, signin.ErrFactorUsed):
		return e.ask(w, r, waiting, data, http.StatusUnprocessableEntity, pages.Say(r, "This code was used already. Please wait for the next one."))
	}
	if status, seconds := handlers.Trouble(w.Header(), err); status == http.StatusTooManyRequests {
		return e.ask(w, r, waiting, data, status, pages.Say(r, "Too many tries. Please wait %s before you try again.", pages.InWords(r, seconds)))
	}
	return err
}

// begin leads back to the name and the password.
func (e Factor) begin(w http.ResponseWriter, r *http.Request) error {
	e.Login.Visitors.Cookies.ClearWaiting(w)
	query := r.URL.Query()
	query.Del("way")
	at := loginPath
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	return pages.SeeOther(w, at)
}

// waiting returns the sign-in that waits in this browser, and where it leads.
func (e Factor) waiting(r *http.Request) (waiting factor.Waiting, data web.LoginData, err error) {
	token := e.Login.Visitors.Cookies.Waiting(r)
	if token == "" {
		return waiting, data, factor.ErrGone
	}
	if waiting, err = e.Login.Factors.Waiting(e.Login.Known.Context(r.Context(), r), token, ""); err != nil {
		return waiting, data, err
	}
	if err := json.Unmarshal(waiting.Onward, &data); err != nil {
		return waiting, data, fmt.Errorf("decoding where a sign-in leads: %w", err)
	}
	return waiting, data, nil
}

func (e Factor) ask(w http.ResponseWriter, r *http.Request, waiting factor.Waiting, data web.LoginData, status int, problem string) error {
	has := waiting.Proof.User.Factors
	app, codes := has.Has(store.FactorTOTP), has.Has(store.FactorRecovery)
	shown := web.LoginFactorData{
		App: data.App, Account: pages.AccountOf(waiting.Proof.User), Passkey: has.Has(store.FactorPasskey), Codes: app || codes,
		Recovery: codes && (!app || r.URL.Query().Get("way") == string(factor.RecoveryCode)), TrustDays: e.Login.Trusted.Days(), Problem: problem,
		Request: data.Request, UserCode: data.UserCode, To: data.To, Stay: data.Stay,
	}
	shown.Action = pathFor(factorPath, data)
	other := shown.Action
	switch {
	case shown.Recovery:
		shown.Action = withWay(shown.Action)
		if app {
			shown.Other = other
		}
	case codes:
		shown.Other = withWay(other)
	}
	return pages.Show(w, r, web.LoginFactor, status, shown)
}

// withWay adds the parameter for a recovery code.
func withWay(path string) string {
	at, err := url.Parse(path)
	if err != nil {
		return path
	}
	query := at.Query()
	query.Set("way", string(factor.RecoveryCode))
	at.RawQuery = query.Encode()
	return at.String()
}

// pathFor returns a path with what the sign-in is for, so that it can begin anew.
func pathFor(path string, data web.LoginData) string {
	query := url.Values{}
	if data.Request != "" {
		query.Set("request", data.Request)
	}
	if data.UserCode != "" {
		query.Set("user_code", data.UserCode)
	}
	if data.To != "" {
		query.Set(pages.ToParam, data.To)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// strictly reports whether a sign-in needs the second factor even in a browser that the
// person trusts: where an app asks for it, or the person is signed in already and proves
// again who they are.
func strictly(needed bool, visitor oauth.Browser, proof signin.Proof) bool {
	return needed || visitor.SignedIn() && visitor.User.ID == proof.User.ID
}
