package authorize

import (
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

const shopAPI = "https://orders.example"

// openWide gives the client more scopes to ask for: some of ours, and two of an API.
func openWide(t *testing.T, dsn string) *world {
	t.Helper()
	w := openOn(t, dsn)
	w.web.Scope = "openid email phone " + shopAPI + "#read " + shopAPI + "#pay"
	w.write(t, func(tx store.Tx) error {
		return errors.Join(tx.PutClient(w.web), tx.CreateAPI(store.API{
			ID: "orders", Identifier: shopAPI, Name: "Orders", Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, CreatedAt: w.now, UpdatedAt: w.now,
			Scopes: []store.APIScope{{Name: "read", Description: "See your orders"}, {Name: "pay", Description: "Place orders that you pay for", Sensitive: true}},
		}))
	})
	return w
}

// tokensOf returns the scopes in the order of the page.
func tokensOf(sections []apis.Section) (tokens []string) {
	for _, section := range sections {
		for _, s := range section.Scopes {
			tokens = append(tokens, s.Token)
		}
	}
	return tokens
}

// shows fails unless the consent page shows these scopes, and returns the form's request.
func (w *world) shows(t *testing.T, what, sealed string, asked, granted []string) string {
	t.Helper()
	page, err := w.Pending(t.Context(), sealed, w.ann)
	if err != nil || page.Next != AskConsent {
		t.Fatalf("%s: the page = %+v, %v, want the question", what, page, err)
	}
	if diff := cmp.Diff([][]string{asked, granted}, [][]string{tokensOf(page.Asked), tokensOf(page.Granted)}); diff != "" {
		t.Errorf("%s: asked and granted (-want +got):\n%s", what, diff)
	}
	return page.Request
}

func (w *world) allow(t *testing.T, sealed string, want StepKind) Step {
	t.Helper()
	step, err := w.Allow(t.Context(), sealed, w.ann)
	return next(t, "allowing", step, err, want)
}

// consentedTo fails unless ann's consent is to these scopes.
func (w *world) consentedTo(t *testing.T, want authz.Scope) {
	t.Helper()
	got, err := w.db.ConsentOf(t.Context(), w.ann.User.ID, "web")
	if err != nil || authz.Consented(got) != want {
		t.Errorf("consent to %q, %v; want %q", authz.Consented(got), err, want)
	}
}

// take takes a scope away, as package account does.
func (w *world) take(t *testing.T, scope authz.Scope) error {
	t.Helper()
	return w.db.Write(t.Context(), func(tx store.Tx) error {
		c, err := tx.LockConsent(w.ann.User.ID, "web")
		if err != nil {
			return err
		}
		return tx.PutConsent(authz.Withdraw(c, scope))
	})
}

// Who is asked again is asked for what is new, and what they allowed before stays.
func TestConsentGrows(t *testing.T) {
	w := openWide(t, testdb.Ready(t))
	w.allow(t, w.shows(t, "at first", w.consented(t, asking("scope", "openid email")), []string{"openid", "email"}, nil), AnswerClient)
	more := asking("scope", "openid phone "+shopAPI+"#read")
	w.allow(t, w.shows(t, "more", w.consented(t, more), []string{"phone", shopAPI + "#read"}, []string{"openid"}), AnswerClient)
	w.consentedTo(t, "openid email phone "+shopAPI+"#read")
	step, err := w.Begin(t.Context(), asking("scope", "email phone "+shopAPI+"#read"), w.ann)
	next(t, "what was allowed in two steps", step, err, AnswerClient)
	w.now = w.now.Add(time.Second)
	w.shows(t, "a client that wants all to be asked", w.consented(t, asking("scope", "openid phone", "prompt", "consent")), []string{"openid", "phone"}, nil)
}

// A page that was loaded before a scope was taken away does not bring it back.
func TestAnOldPageAllowsWhatItShowed(t *testing.T) {
	w := openWide(t, testdb.Ready(t))
	w.allow(t, w.consented(t, asking("scope", "openid email")), AnswerClient)
	sealed := w.shows(t, "more", w.consented(t, asking("scope", "openid email phone")), []string{"phone"}, []string{"openid", "email"})
	if err := w.take(t, "email"); err != nil {
		t.Fatalf("taking a scope away: %v", err)
	}
	again := w.allow(t, sealed, AskConsent)
	w.consentedTo(t, "openid phone")
	w.allow(t, w.shows(t, "what was taken away meanwhile", again.Request, []string{"email"}, []string{"openid", "phone"}), AnswerClient)
	w.consentedTo(t, "openid phone email")
	if c, err := w.db.ConsentOf(t.Context(), w.ann.User.ID, "web"); err != nil || c.Withdrawn != "" {
		t.Errorf("withdrawn is %q, %v; want nothing, because it was granted again", c.Withdrawn, err)
	}
}

// A person allows more in one tab, and takes away in another.
func TestAllowingWhileTakingAway(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			w := openWide(t, dsn(t))
			for range 20 {
				w.write(t, func(tx store.Tx) error {
					return tx.PutConsent(store.Consent{UserID: w.ann.User.ID, ClientID: "web", Scope: "openid email", GrantedAt: w.now})
				})
				sealed := w.consented(t, asking("scope", "openid phone"))
				var both sync.WaitGroup
				both.Go(func() {
					if _, err := w.Allow(t.Context(), sealed, w.ann); err != nil {
						t.Errorf("allowing: %v", err)
					}
				})
				both.Go(func() {
					if err := w.take(t, "email"); err != nil {
						t.Errorf("taking away: %v", err)
					}
				})
				both.Wait()
				w.consentedTo(t, "openid phone")
			}
		})
	}
}

// Something sensitive comes first, and needs a sign-in of at most ten minutes ago, both
// when it is asked for and when it is allowed.
func TestSensitiveScopesNeedAFreshSignIn(t *testing.T) {
	w := openWide(t, testdb.Ready(t))
	values := asking("scope", "openid "+shopAPI+"#read "+shopAPI+"#pay")
	w.now = w.now.Add(10*time.Minute + time.Second)
	step, err := w.Begin(t.Context(), with(values, "prompt", "none"), w.ann)
	told(t, "without a page", step, err, oauth.ConsentRequired)
	w.consented(t, asking("scope", "openid "+shopAPI+"#read")) // nothing sensitive
	step, err = w.Begin(t.Context(), values, w.ann)
	sealed := next(t, "after an old sign-in", step, err, SignIn).Request
	w.signIn(t)
	step, err = w.Resume(t.Context(), sealed, w.ann)
	sealed = next(t, "after the sign-in", step, err, AskConsent).Request
	sealed = w.shows(t, "a fresh sign-in", sealed, []string{shopAPI + "#pay", shopAPI + "#read", "openid"}, nil)
	w.now = w.now.Add(10*time.Minute + time.Second)
	sealed = w.allow(t, sealed, SignIn).Request
	if _, err := w.db.ConsentOf(t.Context(), w.ann.User.ID, "web"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("consent on record: error = %v, want ErrNotFound", err)
	}
	w.signIn(t)
	step, err = w.Resume(t.Context(), sealed, w.ann)
	w.allow(t, next(t, "after the sign-in", step, err, AskConsent).Request, AnswerClient)
	w.now = w.now.Add(time.Hour)
	step, err = w.Begin(t.Context(), values, w.ann)
	next(t, "what was allowed before", step, err, AnswerClient)
}

// with returns a request with one parameter more.
func with(values url.Values, name, value string) url.Values {
	more := url.Values{name: {value}}
	for n, v := range values {
		more[n] = v
	}
	return more
}
