package account

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

// Factors are the pages of one's own authenticator app and recovery codes.
type Factors struct {
	Visitors pages.Visitors
	Flash    pages.Flash
	People   interface {
		StepUp(actor authz.Actor, me store.User) error
		SetUpTOTP(ctx context.Context, actor authz.Actor, me store.User, anew bool) (account.AppSetup, error)
		ConfirmTOTP(ctx context.Context, actor authz.Actor, me store.User, typed string) (account.FactorChange, error)
		RemoveTOTP(ctx context.Context, actor authz.Actor, me store.User) (account.FactorChange, error)
		NewRecoveryCodes(ctx context.Context, actor authz.Actor, me store.User) (account.FactorChange, error)
		FactorsOf(ctx context.Context, u store.User) (account.FactorsHad, error)
	}
}

// Table returns the table of the pages.
func (e Factors) Table(issuer string) handlers.Table {
	return pages.Table(issuer,
		handlers.Route{Method: http.MethodGet, Path: totpPath, Serve: e.proven(totpPath, e.totp)},
		handlers.Route{Method: http.MethodPost, Path: totpPath, Serve: e.proven(totpPath, e.changeTOTP)},
		handlers.Route{Method: http.MethodGet, Path: recoveryPath, Serve: e.proven(recoveryPath, e.codes)},
		handlers.Route{Method: http.MethodPost, Path: recoveryPath, Serve: e.proven(recoveryPath, e.newCodes)},
	)
}

// proven serves a page to a person who has signed in recently, with their second factor if
// they have one. Others do so first, and come back.
func (e Factors) proven(path string, serve page) handlers.Endpoint {
	return e.Visitors.Inside(func(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
		err := e.People.StepUp(me.Actor(), me.User)
		if err == nil {
			err = serve(w, r, me)
		}
		_, low := errors.AsType[*signin.StepUp](err)
		switch {
		case low:
			return pages.SeeOther(w, pages.SignInAgainFor(path))
		case errors.Is(err, signin.ErrCredentialsChanged), errors.Is(err, account.ErrNoSetup), errors.Is(err, store.ErrNotFound):
			return pages.SeeOther(w, path) // it shows what there is now
		}
		return err
	})
}

// totp shows the set-up of an authenticator app, or the one that there is.
func (e Factors) totp(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.showTOTP(w, r, me, http.StatusOK, "")
}

func (e Factors) showTOTP(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, problem string) error {
	there := web.AccountTOTPData{Account: pages.AccountOf(me.User), Action: totpPath, There: true, Problem: problem}
	if me.User.Factors.Has(store.FactorTOTP) {
		return pages.Show(w, r, web.AccountTOTP, status, there)
	}
	setup, err := e.People.SetUpTOTP(r.Context(), me.Actor(), me.User, false)
	if errors.Is(err, account.ErrFactorThere) {
		return pages.SeeOther(w, totpPath)
	}
	if err != nil {
		return err
	}
	shown, err := pages.TOTPSetup(me.User, setup)
	if err != nil {
		return err
	}
	shown.Action, shown.Problem = totpPath, problem
	return pages.Show(w, r, web.AccountTOTP, status, shown)
}

// changeTOTP adds the app by one of its codes, or removes it.
func (e Factors) changeTOTP(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	if me.Form.Get("remove") != "" {
		if _, err := e.People.RemoveTOTP(r.Context(), me.Actor(), me.User); err != nil {
			return err
		}
		e.Flash.Set(w, me.User.Sub, pages.Say(r, "Your code app is removed."))
		return pages.SeeOther(w, overviewPath)
	}
	done, err := e.People.ConfirmTOTP(r.Context(), me.Actor(), me.User, me.Form.Get("otp"))
	if errors.Is(err, factor.ErrWrong) {
		return e.showTOTP(w, r, me, http.StatusUnprocessableEntity, pages.Say(r, "This code is not right. Check it and try again."))
	}
	if err != nil {
		return err
	}
	if len(done.Codes) > 0 {
		return pages.Show(w, r, web.RecoveryCodes, http.StatusOK, web.RecoveryCodesData{Codes: done.Codes, Next: overviewPath, Added: true})
	}
	e.Flash.Set(w, me.User.Sub, pages.Say(r, "Your code app is switched on."))
	return pages.SeeOther(w, overviewPath)
}

// codes shows how many recovery codes are left.
func (e Factors) codes(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	has, err := e.People.FactorsOf(r.Context(), me.User)
	if err != nil {
		return err
	}
	if !me.User.Factors.Second() {
		return pages.SeeOther(w, totpPath)
	}
	return pages.Show(w, r, web.AccountCodes, http.StatusOK, web.AccountCodesData{Account: pages.AccountOf(me.User), Left: has.CodesLeft})
}

// newCodes makes new recovery codes and shows them, once.
func (e Factors) newCodes(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	done, err := e.People.NewRecoveryCodes(r.Context(), me.Actor(), me.User)
	if errors.Is(err, account.ErrNoFactor) {
		return pages.SeeOther(w, totpPath)
	}
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.RecoveryCodes, http.StatusOK, web.RecoveryCodesData{Codes: done.Codes, Next: overviewPath})
}
