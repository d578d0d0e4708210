package authorize

import (
	"strings"

	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// levels returns the levels of a sign-in that the client asks for, best first, and whether
// it accepts no others. The acr claim comes before acr_values (OIDC Core 1.0 §5.5.1.1).
func (r *request) levels() (wanted []string, essential bool) {
	if wanted, essential = r.wishes.ACR(); len(wanted) > 0 || essential {
		return wanted, essential
	}
	return strings.Fields(r.get("acr_values")), false
}

// refuses reports whether the client does not accept a sign-in at a level.
func (r *request) refuses(reached string) bool {
	wanted, essential := r.levels()
	return essential && signin.Chosen(reached, wanted) == ""
}

// reachable reports whether any sign-in here can reach a level that the client accepts.
func reachable(r *request) bool { return !r.refuses(signin.ACRPasskey) }

// couldBe reports whether the person at the browser has what it takes for a level that the
// client asks for, and has not shown it. The client need not insist on it: a person whose
// account has no such factor goes on without.
func (r *request) couldBe(b oauth.Browser) bool {
	wanted, _ := r.levels()
	return signin.Chosen(b.Session.SignIn.ACR, wanted) == "" && signin.Chosen(best(b.User.Factors), wanted) != ""
}

// best returns the highest level that a person can reach.
func best(has store.Factors) string {
	switch {
	case has.Has(store.FactorPasskey):
		return signin.ACRPasskey
	case has.Has(store.FactorTOTP):
		return signin.ACRMFA
	}
	return signin.ACRPassword
}

// needsFactor reports whether a password alone is less than the client asks for.
func (r *request) needsFactor() bool {
	wanted, _ := r.levels()
	return signin.Chosen(signin.ACRPassword, wanted) == "" && signin.Chosen(signin.ACRPasskey, wanted) != ""
}

// told returns the sign-in as the client learns of it: at the level that it asked for, if
// that was reached, or else at the level that was.
func (r *request) told(s store.SignIn) store.SignIn {
	wanted, _ := r.levels()
	if acr := signin.Chosen(s.ACR, wanted); acr != "" {
		s.ACR = acr
	}
	return s
}
