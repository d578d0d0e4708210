package accounts

import (
	"errors"
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A Factor is a second factor as in answers.
type Factor struct {
	Type factor.Kind `json:"type"`
	// CreatedAt and LastUsedAt are those of an authenticator app.
	CreatedAt  string `json:"created_at,omitempty"`
	LastUsedAt string `json:"last_used_at,omitempty"`
	// Left is how many recovery codes are left.
	Left *int `json:"left,omitempty"`
}

// factors shows the caller's second factors.
func (h *Handlers) factors(w http.ResponseWriter, r *http.Request) error {
	return h.showFactors(w, r, api.CallerOf(r).Person)
}

func (h *Handlers) othersFactors(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error { return h.showFactors(w, r, u) })
}

func (h *Handlers) showFactors(w http.ResponseWriter, r *http.Request, of store.User) error {
	has, err := h.Accounts.FactorsOf(r.Context(), of)
	if err != nil {
		return err
	}
	shown := []Factor{}
	if has.TOTP != nil {
		shown = append(shown, Factor{Type: factor.TOTP, CreatedAt: api.Time(has.TOTP.CreatedAt), LastUsedAt: api.Time(has.TOTP.LastUsedAt)})
	}
	if of.Factors.Second() {
		shown = append(shown, Factor{Type: factor.RecoveryCodes, Left: &has.CodesLeft})
	}
	return api.JSON(w, http.StatusOK, shown)
}

// addFactor begins to add an authenticator app, or makes new recovery codes.
func (h *Handlers) addFactor(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	switch kind := body.Choice("type"); {
	case kind.Problem != "":
		return fields.New("type", kind.Problem)
	case !kind.Sent:
		return fields.New("type", fields.Required)
	case kind.Value == string(factor.TOTP):
		return h.setUpTOTP(w, r)
	case kind.Value == string(factor.RecoveryCodes):
		return h.newCodes(w, r)
	}
	return fields.New("type", `Must be "totp" or "recovery_codes".`)
}

func (h *Handlers) setUpTOTP(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r)
	setup, err := h.Accounts.SetUpTOTP(r.Context(), caller.Actor, caller.Person, true)
	if err != nil {
		return factorRefusal(err)
	}
	return api.JSON(w, http.StatusCreated, struct {
		Type   factor.Kind   `json:"type"`
		Secret factor.Secret `json:"secret"`
		URI    string        `json:"otpauth_uri"`
	}{factor.TOTP, setup.Secret, setup.URI})
}

// codes are recovery codes in an answer.
type codes struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

// confirmTOTP adds the authenticator app that is being set up.
func (h *Handlers) confirmTOTP(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r)
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	otp := body.Text("otp")
	switch {
	case otp.Problem != "":
		return fields.New("otp", otp.Problem)
	case !otp.Sent:
		return fields.New("otp", fields.Required)
	}
	done, err := h.Accounts.ConfirmTOTP(r.Context(), caller.Actor, caller.Person, otp.Value)
	if err != nil {
		return factorRefusal(err)
	}
	return api.JSON(w, http.StatusOK, codes{append([]string{}, done.Codes...)})
}

func (h *Handlers) newCodes(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r)
	done, err := h.Accounts.NewRecoveryCodes(r.Context(), caller.Actor, caller.Person)
	if err != nil {
		return factorRefusal(err)
	}
	return api.JSON(w, http.StatusCreated, codes{done.Codes})
}

func (h *Handlers) removeTOTP(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r)
	if _, err := h.Accounts.RemoveTOTP(r.Context(), caller.Actor, caller.Person); err != nil {
		return factorRefusal(err)
	}
	return api.Done(w)
}

// resetFactors takes all factors away from a person who has lost them.
func (h *Handlers) resetFactors(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error {
		if err := h.Accounts.ResetFactors(r.Context(), api.CallerOf(r).Actor, u.ID, ""); err != nil {
			return err
		}
		return api.Done(w)
	})
}

// factorRefusal turns the errors of changes of one's own factors into refusals. A person
// who changed during the request has to look again.
func factorRefusal(err error) error {
	switch {
	case errors.Is(err, factor.ErrWrong):
		return fields.New("otp", "The code is not right.")
	case errors.Is(err, account.ErrFactorThere):
		return &api.Conflict{Detail: "There is an authenticator app already."}
	case errors.Is(err, account.ErrNoSetup):
		return &api.Conflict{Detail: "No authenticator app is being set up, or another one."}
	case errors.Is(err, account.ErrNoFactor):
		return &api.Conflict{Detail: "Recovery codes need a second factor."}
	case errors.Is(err, signin.ErrCredentialsChanged):
		return &api.Conflict{Detail: "The account was changed at the same time."}
	}
	return err
}
