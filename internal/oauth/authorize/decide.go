package authorize

import (
	"context"
	"time"

	"gatehouse/internal/oauth"
)

// decide returns the next step of a request that passed the checks, given who is
// signed in at the browser. An *oauth.Error goes to the client (OIDC Core 1.0
// §3.1.2.3, §3.1.2.4, §3.1.2.6).
func (a *Endpoint) decide(ctx context.Context, req *request, c Continuation, b oauth.Browser) (StepKind, error) {
	switch {
	case !reachable(req):
		return 0, oauth.UnmetAuthentication.Because("an essential acr that no sign-in here reaches")
	case !b.SignedIn():
		return signIn(req, "nobody is signed in")
	case a.mustSignInAgain(req, c, b):
		return signIn(req, "the sign-in is too old")
	case req.refuses(b.Session.SignIn.ACR) && madeFor(c, b.Session.SignIn.At):
		return 0, oauth.UnmetAuthentication.Because("a sign-in that did not reach an essential acr")
	case req.refuses(b.Session.SignIn.ACR):
		return signIn(req, "the sign-in does not reach an essential acr")
	case req.couldBe(b) && !madeFor(c, b.Session.SignIn.At) && !req.asks("none"):
		return SignIn, nil
	case !wanted(req, b) && madeFor(c, b.Session.SignIn.At):
		return 0, oauth.LoginRequired.Because("the person who signed in is not the one asked for")
	case !wanted(req, b):
		return signIn(req, "the person signed in is not the one asked for")
	}
	needed, err := a.consentNeeded(ctx, req, c, b)
	switch {
	case err != nil:
		return 0, err
	case needed:
		return a.ask(ctx, req, b)
	}
	return AnswerClient, nil
}

// signIn sends the person to the sign-in page, or refuses if the client asked for none.
func signIn(req *request, reason string) (StepKind, error) {
	if req.asks("none") {
		return 0, oauth.LoginRequired.Because("prompt none, and %s", reason)
	}
	return SignIn, nil
}

// madeFor reports whether something was done for this request, and not before it began.
func madeFor(c Continuation, at time.Time) bool { return at.UnixMilli() >= c.Began }

// mustSignInAgain applies prompt=login, prompt=select_account and max_age (OIDC Core
// 1.0 §3.1.2.1). A person chooses an account by signing in with it.
func (a *Endpoint) mustSignInAgain(req *request, c Continuation, b oauth.Browser) bool {
	if madeFor(c, b.Session.SignIn.At) {
		return false
	}
	tooOld := req.maxAge >= 0 && a.Now().Sub(b.Session.SignIn.At) > req.maxAge
	return tooOld || req.asks("login") || req.asks("select_account")
}

// wanted reports whether the person is the one whom the client named by id_token_hint
// or by a sub claim with a value, if it named one.
func wanted(req *request, b oauth.Browser) bool {
	for _, sub := range []string{req.hint.Subject, req.wishes.Subject()} {
		if sub != "" && sub != b.User.Sub {
			return false
		}
	}
	return true
}
