package authorize

import (
	"testing"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A level that an app wishes for leads to the sign-in where the person can reach it, and
// nowhere else. With an essential one, nothing less will do.
func TestALevelThatAnAppAsksFor(t *testing.T) {
	essential := `{"id_token":{"acr":{"essential":true,"value":"urn:gatehouse:mfa"}}}`
	for name, c := range map[string]struct {
		reached string
		has     store.Factors
		asks    []string
		kind    StepKind
		code    oauth.Code
	}{
		"wished for, and reached":          {signin.ACRMFA, store.FactorTOTP, []string{"acr_values", "urn:gatehouse:mfa"}, AskConsent, ""},
		"wished for, and surpassed":        {signin.ACRPasskey, store.FactorPasskey, []string{"acr_values", "urn:gatehouse:mfa"}, AskConsent, ""},
		"wished for, with the factor":      {signin.ACRPassword, store.FactorTOTP, []string{"acr_values", "urn:gatehouse:mfa"}, SignIn, ""},
		"wished for, without a factor":     {signin.ACRPassword, 0, []string{"acr_values", "urn:gatehouse:mfa"}, AskConsent, ""},
		"a passkey, with an app alone":     {signin.ACRMFA, store.FactorTOTP, []string{"acr_values", "phr"}, AskConsent, ""},
		"the second best, which is there":  {signin.ACRPassword, store.FactorTOTP, []string{"acr_values", "phr urn:gatehouse:pwd"}, AskConsent, ""},
		"unknown":                          {signin.ACRPassword, store.FactorTOTP, []string{"acr_values", "gold"}, AskConsent, ""},
		"essential, and reached":           {signin.ACRMFA, store.FactorTOTP, []string{"claims", essential}, AskConsent, ""},
		"essential, with the factor":       {signin.ACRPassword, store.FactorTOTP, []string{"claims", essential}, SignIn, ""},
		"essential, without a page":        {signin.ACRPassword, store.FactorTOTP, []string{"claims", essential, "prompt", "none"}, AnswerClient, oauth.LoginRequired},
		"a wish, without a page":           {signin.ACRPassword, store.FactorTOTP, []string{"acr_values", "urn:gatehouse:mfa", "prompt", "none"}, AnswerClient, oauth.ConsentRequired},
		"an essential one comes before it": {signin.ACRMFA, store.FactorTOTP, []string{"claims", essential, "acr_values", "phr"}, AskConsent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.now = w.now.Add(time.Minute)
			w.ann.Session.SignIn.ACR, w.ann.User.Factors = c.reached, c.has
			step, err := w.Begin(t.Context(), asking(c.asks...), w.ann)
			if c.code != "" {
				told(t, name, step, err, c.code)
				return
			}
			next(t, name, step, err, c.kind)
		})
	}
}

// After a sign-in for the request, an essential level that was not reached is refused, and
// a wish is given up.
func TestALevelThatWasNotReached(t *testing.T) {
	w := open(t)
	w.now = w.now.Add(time.Minute)
	w.ann.User.Factors = store.FactorTOTP
	step, err := w.Begin(t.Context(), asking("acr_values", "urn:gatehouse:mfa"), w.ann)
	sealed := next(t, "a wish", step, err, SignIn).Request
	if pending, err := w.Pending(t.Context(), sealed, w.ann); err != nil || !pending.NeedsFactor {
		t.Errorf("the page: needs a factor %t, %v; want true", pending.NeedsFactor, err)
	}
	w.signIn(t)
	w.ann.User.Factors = store.FactorTOTP
	step, err = w.Resume(t.Context(), sealed, w.ann)
	next(t, "after a sign-in without it", step, err, AskConsent)
}

func TestWhatAnAppLearnsOfALevel(t *testing.T) {
	for _, c := range []struct{ reached, asked, want string }{
		{signin.ACRPasskey, "urn:gatehouse:mfa", signin.ACRMFA},
		{signin.ACRPasskey, "", signin.ACRPasskey},
		{signin.ACRPassword, "urn:gatehouse:mfa", signin.ACRPassword},
		{signin.ACRMFA, "gold phr urn:gatehouse:mfa", signin.ACRMFA},
	} {
		req := readRequest(asking("acr_values", c.asked))
		if got := req.told(store.SignIn{ACR: c.reached}).ACR; got != c.want {
			t.Errorf("a sign-in at %s, asked for %q, is told as %s, want %s", c.reached, c.asked, got, c.want)
		}
	}
}
