package grants

import (
	"cmp"
	"context"
	"errors"
	"net/url"

	"gatehouse/internal/factor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
)

// authSession is the parameter that names a sign-in which waits for a second factor. A
// client sends it in place of the name and the password.
const authSession = "auth_session"

// answerOf reads the second factor of a request. Clients of other servers send a code as
// totp.
func answerOf(form url.Values) factor.Answer {
	return factor.Answer{OTP: cmp.Or(form.Get("otp"), form.Get("totp")), RecoveryCode: form.Get("recovery_code")}
}

// resumes reports whether a request goes on with a waiting sign-in.
func resumes(req *request) bool {
	return req.kind.Name == grant.Password && req.form.Get(authSession) != "" && !req.form.Has("username") && !req.form.Has("password")
}

// resume returns the proof of a waiting sign-in with what the client sent now.
func (s Steps) resume(ctx context.Context, req *request) (signin.Proof, error) {
	proof, err := s.Factors.Continue(ctx, req.form.Get(authSession), req.client.ID, answerOf(req.form))
	return proof, s.lacking(err)
}

// lacking turns what a sign-in lacks into a refusal.
func (s Steps) lacking(err error) error {
	required, is := errors.AsType[*factor.Required](err)
	switch {
	case is:
		refused := oauth.MFARequired.Because("%w", err).With(oauth.More{Factors: names(required.Factors), AuthSession: required.AuthSession})
		if required.Wrong {
			return refused.Hinting("The one that was sent is not right.")
		}
		return refused
	case errors.Is(err, factor.ErrEnrolment):
		return oauth.EnrolmentRequired.Because("%w", err).With(oauth.More{EnrolmentURI: s.EnrolmentURI})
	case errors.Is(err, factor.ErrGone):
		return oauth.InvalidGrant.Because("%w", err)
	}
	return err
}

func names(kinds []factor.Kind) []string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = string(k)
	}
	return all
}
