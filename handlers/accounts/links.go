package accounts

import (
	"context"
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
)

// A said is an answer that only says what was done.
type said struct {
	Message string `json:"message"`
}

// An invitation is a one-time link for a person. Link is missing if it was mailed; it is
// shown in no other answer.
type invitation struct {
	Mailed    bool   `json:"mailed"`
	Link      string `json:"link,omitempty"`
	ExpiresAt string `json:"expires_at"`
}

func invitationOf(made account.Invitation) invitation {
	return invitation{Mailed: made.URL == "", Link: made.URL, ExpiresAt: api.Time(made.ExpiresAt)}
}

// forgot mails a link for a new password, if somebody has the address. The answer is the
// same for every address, and the work follows it.
func (h *Handlers) forgot(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := h.Accounts.Forgot(r.Context(), body.Text("email")); err != nil {
		return err
	}
	return api.JSON(w, http.StatusAccepted, said{"If somebody has an account with this address, a link is on its way to it."})
}

// reset sets a password by a link.
func (h *Handlers) reset(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	otp := body.Text("otp")
	if !otp.Sent {
		otp = body.Text("totp")
	}
	_, err = h.Accounts.Reset(r.Context(), account.NewPassword{
		Token: body.Text("token"), Password: body.Verbatim("password"), OTP: otp, RecoveryCode: body.Text("recovery_code"),
	})
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, said{"Password changed"})
}

// verify proves an address by a link.
func (h *Handlers) verify(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if _, err := h.Accounts.Verify(r.Context(), body.Text("token")); err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, said{"Email address verified"})
}

// sendVerification mails the caller another link to prove their address.
func (h *Handlers) sendVerification(w http.ResponseWriter, r *http.Request) error {
	if err := h.Accounts.SendVerification(r.Context(), api.CallerOf(r).Person); err != nil {
		return err
	}
	return api.JSON(w, http.StatusAccepted, said{"If the address is not verified yet, a link is on its way to it."})
}

// invite makes a link for the first password of a person.
func (h *Handlers) invite(w http.ResponseWriter, r *http.Request) error {
	return h.linkFor(w, r, h.Accounts.Invite)
}

// resetLink makes a link for another password of a person.
func (h *Handlers) resetLink(w http.ResponseWriter, r *http.Request) error {
	return h.linkFor(w, r, h.Accounts.ResetLink)
}

func (h *Handlers) linkFor(w http.ResponseWriter, r *http.Request, ask func(context.Context, authz.Actor, int64) (account.Invitation, error)) error {
	target, err := h.target(r)
	if err != nil {
		return err
	}
	made, err := ask(r.Context(), api.CallerOf(r).Actor, target.ID)
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, invitationOf(made))
}
