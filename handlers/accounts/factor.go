package accounts

import (
	"context"
	"errors"

	"gatehouse/handlers/api"
	"gatehouse/internal/factor"
	"gatehouse/internal/signin"
)

// answerOf reads the second factor in the body of a sign-in. Clients of other servers send
// a code as totp.
func answerOf(b api.Body) factor.Answer {
	otp := b.Text("otp")
	if !otp.Sent {
		otp = b.Text("totp")
	}
	return factor.Answer{OTP: otp.Value, RecoveryCode: b.Text("recovery_code").Value}
}

// resume goes on with a sign-in that waits for a second factor.
func (h *Handlers) resume(ctx context.Context, authSession string, body api.Body) (signin.Proof, error) {
	proof, err := h.Accounts.Factors.Continue(ctx, authSession, h.Client.ID, answerOf(body))
	return proof, h.lacking(err)
}

// factorRequired is the answer to a sign-in whose password was right and that needs more.
type factorRequired struct {
	Error       string        `json:"error"`
	Code        string        `json:"code"`
	Factors     []factor.Kind `json:"factors"`
	AuthSession string        `json:"auth_session,omitempty"`
}

// enrolmentRequired is the answer to a sign-in of a person who must have a second factor
// and has none.
type enrolmentRequired struct {
	Error        string `json:"error"`
	Code         string `json:"code"`
	EnrolmentURI string `json:"enrolment_uri"`
}

// refusalWithout refuses for want of a second factor.
func refusalWithout(required *factor.Required) error {
	message := "Second factor required"
	if required.Wrong {
		message = "Second factor not right"
	}
	return &api.Unauthorized{Body: factorRequired{message, "mfa_required", required.Factors, required.AuthSession}, Reason: required}
}

// lacking turns what a sign-in lacks into a refusal.
func (h *Handlers) lacking(err error) error {
	required, is := errors.AsType[*factor.Required](err)
	switch {
	case is:
		return refusalWithout(required)
	case errors.Is(err, factor.ErrEnrolment):
		where := h.Issuer.JoinPath("account", "totp").String()
		return &api.Unauthorized{Body: enrolmentRequired{"Second factor has to be set up", "enrolment_required", where}, Reason: err}
	case errors.Is(err, factor.ErrGone):
		return api.CredentialsRefused(err)
	}
	return err
}
