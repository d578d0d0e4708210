package authorize

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/apis"
	"gatehouse/internal/cursor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const callback = "https://web.example/cb"

// world is the endpoint on a database, with ann signed in and the client web, which
// needs consent.
type world struct {
	*Endpoint
	db  *sqlstore.DB
	now time.Time
	ann oauth.Browser
	web store.Client
}

func open(t *testing.T) *world {
	t.Helper()
	return openOn(t, testdb.Ready(t))
}

func openOn(t *testing.T, dsn string) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the store: %v", err)
	}
	w.db = db
	w.web = store.Client{
		ID: "web", AuthMethod: store.SecretBasic, Scope: "openid email", RedirectURIs: []string{callback},
		GrantTypes: []string{grant.AuthorizationCode}, CreatedAt: w.now, UpdatedAt: w.now,
	}
	user := store.User{Sub: "ann's", Username: "ann", UsernameKey: "ann", Email: "a@x.example", EmailKey: "a@x.example", Role: store.RoleUser, Active: true, JoinedAt: w.now}
	w.write(t, func(tx store.Tx) (err error) {
		user.ID, err = tx.CreateUser(user)
		return errors.Join(err, tx.CreateClient(w.web))
	})
	w.ann = oauth.Browser{Pre: "pre", User: user}
	w.signIn(t)
	w.Endpoint = &Endpoint{
		Clients: db, APIs: &apis.Catalog{Store: db, Audience: "https://id.example", Now: now}, DB: db, Hints: noHints{}, Issuer: "https://id.example", Now: now,
		Continuations: Continuations{Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Now: now},
	}
	return w
}

// signIn signs ann in, now.
func (w *world) signIn(t *testing.T) {
	t.Helper()
	w.ann.Session = store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(rand.Text()), UserID: w.ann.User.ID, SignIn: signin.Password(w.ann.User, signin.ByPage, w.now).SignIn,
		CreatedAt: w.now, LastSeenAt: w.now, ExpiresAt: w.now.Add(time.Hour),
	}
	w.write(t, func(tx store.Tx) error { return tx.CreateBrowser(w.ann.Session) })
}

func (w *world) write(t *testing.T, f func(store.Tx) error) {
	t.Helper()
	if err := w.db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the store: %v", err)
	}
}

// asking returns a valid request, altered by pairs.
func asking(pairs ...string) url.Values {
	v := url.Values{"client_id": {"web"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"}, "nonce": {"n"}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// next fails unless the step is of this kind.
func next(t *testing.T, what string, step Step, err error, want StepKind) Step {
	t.Helper()
	if err != nil || step.Kind != want {
		t.Fatalf("%s: step = %+v, %v, want kind %d", what, step, err, want)
	}
	return step
}

// resume resumes a request at a path that a page was given.
func (w *world) resume(t *testing.T, path string, b oauth.Browser) (Step, error) {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil || u.Path != Path {
		t.Fatalf("the request resumes at %q, %v, want %s", path, err, Path)
	}
	return w.Resume(t.Context(), u.Query().Get("request"), b)
}

// told fails unless the client gets code, with its state and our issuer.
func told(t *testing.T, what string, step Step, err error, code oauth.Code) {
	t.Helper()
	got := next(t, what, step, err, AnswerClient).Answer
	want := url.Values{"error": {string(code)}, "error_description": {code.Description()}, "state": {"s"}, "iss": {"https://id.example"}}
	if diff := cmp.Diff(want, got.Parameters); diff != "" || !errors.Is(got.Err, code) {
		t.Errorf("%s: answer for %v (-want +got):\n%s", what, got.Err, diff)
	}
}

// consented brings ann to the consent page and returns the sealed request.
func (w *world) consented(t *testing.T, values url.Values) string {
	t.Helper()
	step, err := w.Begin(t.Context(), values, w.ann)
	return next(t, "beginning", step, err, AskConsent).Request
}

func TestTheWayToACode(t *testing.T) {
	w := open(t)
	w.ann.Session.SignIn = store.SignIn{At: w.now, ACR: "urn:example:2", AMR: []string{"pwd", "otp"}}
	step, err := w.Begin(t.Context(), asking("login_hint", "ann", "ui_locales", "de en"), oauth.Browser{Pre: "pre"})
	sealed := next(t, "beginning without a sign-in", step, err, SignIn).Request
	page, err := w.Pending(t.Context(), sealed, oauth.Browser{Pre: "pre"})
	want := Pending{
		Request: sealed, Next: SignIn, Client: page.Client,
		LoginHint: "ann", UILocales: []string{"de", "en"}, RedirectURI: callback,
	}
	if diff := cmp.Diff(want, page); err != nil || diff != "" || page.Client.ID != "web" {
		t.Errorf("Pending: error = %v, page (-want +got):\n%s", err, diff)
	}
	step, err = w.Resume(t.Context(), page.Request, w.ann)
	sealed = next(t, "after the sign-in", step, err, AskConsent).Request
	step, err = w.Allow(t.Context(), sealed, w.ann)
	answer := next(t, "after the consent", step, err, AnswerClient).Answer
	code, err := w.db.CodeByDigest(t.Context(), store.DigestOf(answer.Parameters.Get("code")))
	if err != nil {
		t.Fatalf("reading the code: %v", err)
	}
	if code.ClientID != "web" || code.UserID != w.ann.User.ID || code.BrowserID != w.ann.Session.ID || code.RedirectURI != callback ||
		code.Scope != "openid" || code.Nonce != "n" || !code.ExpiresAt.Equal(w.now.Add(codeLife)) {
		t.Errorf("code = %+v, want what was asked for, by ann in her browser, for a minute", code)
	}
	if diff := cmp.Diff(w.ann.Session.SignIn, code.SignIn); diff != "" {
		t.Errorf("the code's sign-in is not the browser's (-want +got):\n%s", diff)
	}
	// The consent is remembered, but only for this scope.
	step, err = w.Begin(t.Context(), asking(), w.ann)
	next(t, "beginning again", step, err, AnswerClient)
	w.consented(t, asking("scope", "openid email"))
}

func TestThePersonMayRefuse(t *testing.T) {
	w := open(t)
	step, err := w.Deny(t.Context(), w.consented(t, asking()), w.ann)
	told(t, "after the no", step, err, oauth.AccessDenied)
	if _, err := w.db.ConsentOf(t.Context(), w.ann.User.ID, "web"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("consent on record: error = %v, want ErrNotFound", err)
	}
}

// A consent page can be answered only by the person and in the browser that saw it.
func TestAConsentBelongsToItsSignIn(t *testing.T) {
	w := open(t)
	sealed := w.consented(t, asking())
	before := w.ann
	w.signIn(t)
	for name, b := range map[string]oauth.Browser{
		"another browser": {Pre: "other", Session: before.Session, User: before.User}, "nobody": {Pre: "pre"}, "a sign-in since": w.ann,
	} {
		if _, err := w.Allow(t.Context(), sealed, b); !errors.Is(err, oauth.ErrMoved) {
			t.Errorf("%s allows: error = %v, want ErrMoved", name, err)
		}
		if _, err := w.Deny(t.Context(), sealed, b); !errors.Is(err, oauth.ErrMoved) {
			t.Errorf("%s denies: error = %v, want ErrMoved", name, err)
		}
	}
	if _, err := w.Pending(t.Context(), sealed, oauth.Browser{Pre: "other"}); !errors.Is(err, oauth.ErrMoved) {
		t.Errorf("another browser reads the request: error = %v, want ErrMoved", err)
	}
	// In another browser the request begins again, with a sign-in.
	step, err := w.Resume(t.Context(), sealed, oauth.Browser{Pre: "other"})
	next(t, "resuming in another browser", step, err, SignIn)
}

// If a client changes while the page is open, the authorization endpoint answers it,
// not the page.
func TestAClientThatChangedMeanwhile(t *testing.T) {
	w := open(t)
	sealed := w.consented(t, asking())
	w.web.GrantTypes = []string{grant.RefreshToken}
	w.write(t, func(tx store.Tx) error { return tx.PutClient(w.web) })
	if _, err := w.Allow(t.Context(), sealed, w.ann); !errors.Is(err, oauth.ErrMoved) {
		t.Errorf("allowing: error = %v, want ErrMoved", err)
	}
	step, err := w.Resume(t.Context(), sealed, w.ann)
	told(t, "resuming", step, err, oauth.UnauthorizedClient)
}

// OIDC Core 1.0 §3.1.2.1, §3.1.2.3, §3.1.2.4.
func TestWhoHasToDoSomethingNext(t *testing.T) {
	nobody := oauth.Browser{Pre: "pre"}
	for _, c := range []struct {
		name   string
		values url.Values
		nobody bool
		step   StepKind
		code   oauth.Code // for AnswerClient
	}{
		{"none, and nobody is signed in", asking("prompt", "none"), true, AnswerClient, oauth.LoginRequired},
		{"none, and no consent", asking("prompt", "none"), false, AnswerClient, oauth.ConsentRequired},
		{"login", asking("prompt", "login"), false, SignIn, ""},
		{"select_account", asking("prompt", "select_account"), false, SignIn, ""},
		{"too old a sign-in, and none", asking("max_age", "0", "prompt", "none"), false, AnswerClient, oauth.LoginRequired},
		{"a sign-in that is too old", asking("max_age", "59"), false, SignIn, ""},
		{"a sign-in that is recent enough", asking("max_age", "60"), false, AskConsent, ""},
		{"somebody else", asking("claims", `{"id_token":{"sub":{"value":"bob's"}}}`), false, SignIn, ""},
		{"an essential acr that we do not have", asking("claims", `{"id_token":{"acr":{"essential":true,"value":"gold"}}}`), false, AnswerClient, oauth.UnmetAuthentication},
		{"a claim that belongs to a scope", asking("claims", `{"userinfo":{"email":null}}`), false, AskConsent, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			w.now = w.now.Add(time.Minute)
			b := w.ann
			if c.nobody {
				b = nobody
			}
			step, err := w.Begin(t.Context(), c.values, b)
			if c.code != "" {
				told(t, "beginning", step, err, c.code)
				return
			}
			next(t, "beginning", step, err, c.step)
		})
	}
}

// A sign-in that was made for the request counts even if the request asked for a new
// one. If it is the sign-in of a person other than the one asked for, the client gets an
// error.
func TestASignInForTheRequestCounts(t *testing.T) {
	w := open(t)
	w.now = w.now.Add(time.Minute)
	step, err := w.Begin(t.Context(), asking("prompt", "login", "max_age", "0"), w.ann)
	sealed := next(t, "beginning", step, err, SignIn).Request
	w.now = w.now.Add(time.Second)
	w.signIn(t)
	step, err = w.Resume(t.Context(), sealed, w.ann)
	next(t, "after the sign-in", step, err, AskConsent)

	step, err = w.Begin(t.Context(), asking("claims", `{"id_token":{"sub":{"value":"bob's"}}}`), w.ann)
	told(t, "ann has just signed in, and bob was asked for", step, err, oauth.LoginRequired)
}

// The present sign-in is checked for an essential level, and then whether a new one
// could reach it (OIDC Core 1.0 §5.5.1.1).
func TestAnEssentialLevel(t *testing.T) {
	const password = `{"id_token":{"acr":{"essential":true,"values":["urn:gatehouse:pwd","urn:example:9"]}}}`
	w := open(t)
	w.now = w.now.Add(time.Minute)
	w.consented(t, asking("claims", password))

	w.ann.Session.SignIn.ACR = "urn:example:0"
	step, err := w.Begin(t.Context(), asking("claims", password, "prompt", "none"), w.ann)
	told(t, "a sign-in of another level, and no page is wanted", step, err, oauth.LoginRequired)
	step, err = w.Begin(t.Context(), asking("claims", password), w.ann)
	sealed := next(t, "a sign-in of another level", step, err, SignIn).Request
	w.signIn(t)
	step, err = w.Resume(t.Context(), sealed, w.ann)
	next(t, "after the sign-in", step, err, AskConsent)
	w.ann.Session.SignIn.ACR = "urn:example:0"
	step, err = w.Resume(t.Context(), sealed, w.ann)
	told(t, "after a sign-in of another level again", step, err, oauth.UnmetAuthentication)

	for name, b := range map[string]oauth.Browser{"ann": w.ann, "nobody": {Pre: "pre"}} {
		step, err = w.Begin(t.Context(), asking("claims", `{"id_token":{"acr":{"essential":true,"value":"urn:example:9"}}}`), b)
		told(t, "a level that no sign-in here reaches, of "+name, step, err, oauth.UnmetAuthentication)
	}
}

// First-party clients do not need consent, unless they ask for it.
func TestFirstParties(t *testing.T) {
	w := open(t)
	w.web.FirstParty = true
	w.write(t, func(tx store.Tx) error { return tx.PutClient(w.web) })
	step, err := w.Begin(t.Context(), asking(), w.ann)
	next(t, "beginning", step, err, AnswerClient)
	w.consented(t, asking("prompt", "consent"))
}

// A client that any app can impersonate, first party or not, is allowed once for each
// browser and redirect origin (RFC 8252 §8.6).
func TestAnUnassuredClientIsAllowedPlaceByPlace(t *testing.T) {
	for name, firstParty := range map[string]bool{"first party": true, "third party": false} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.web.FirstParty, w.web.AuthMethod = firstParty, store.NoSecret
			w.web.RedirectURIs = []string{callback, "http://127.0.0.1/cb", "http://localhost:5173/cb", "com.corp.app:/cb", "com.corp.app:/silent"}
			w.write(t, func(tx store.Tx) error { return tx.PutClient(w.web) })
			to := func(redirectURI string, pairs ...string) url.Values {
				v := asking("redirect_uri", redirectURI, "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method", "S256")
				for i := 0; i < len(pairs); i += 2 {
					v.Set(pairs[i], pairs[i+1])
				}
				return v
			}
			other := w.ann
			other.Pre = "another browser"
			for _, c := range []struct {
				b  oauth.Browser
				to string
			}{
				{w.ann, "http://127.0.0.1:31337/cb"}, {w.ann, "com.corp.app:/cb"}, {w.ann, "http://localhost:5173/cb"},
				{w.ann, "http://127.0.0.1:31338/cb"}, {other, "http://127.0.0.1:31337/cb"},
			} {
				step, err := w.Begin(t.Context(), to(c.to, "prompt", "none"), c.b)
				told(t, c.to+" before the person was asked", step, err, oauth.ConsentRequired)
				step, err = w.Begin(t.Context(), to(c.to), c.b)
				step, err = w.Allow(t.Context(), next(t, c.to+" for the first time", step, err, AskConsent).Request, c.b)
				next(t, "after the consent", step, err, AnswerClient)
				w.now = w.now.Add(time.Hour)
				step, err = w.Begin(t.Context(), to(c.to, "prompt", "none"), c.b)
				if step.Answer.Parameters.Get("code") == "" || err != nil {
					t.Errorf("renewal at %s: answer = %v, %v, want a code", c.to, step.Answer.Parameters, err)
				}
			}
			step, err := w.Begin(t.Context(), to("com.corp.app:/silent"), w.ann)
			next(t, "another path of the same app", step, err, AnswerClient)
			for _, pairs := range [][]string{{"scope", "openid email"}, {"prompt", "consent"}} {
				step, err := w.Begin(t.Context(), to("http://127.0.0.1:31337/cb", pairs...), w.ann)
				next(t, pairs[1]+" where less was allowed", step, err, AskConsent)
			}
			w.write(t, func(tx store.Tx) error {
				_, err := tx.DeleteConsent(w.ann.User.ID, "web")
				return err
			})
			step, err = w.Begin(t.Context(), to("http://127.0.0.1:31337/cb"), w.ann)
			next(t, "after the consent was withdrawn", step, err, AskConsent)
		})
	}
}

func TestPlacesAreBounded(t *testing.T) {
	var places []string
	for i := range maxPlaces + 5 {
		places = withPlace(withPlace(places, strconv.Itoa(i)), "here")
	}
	if len(places) != maxPlaces || places[maxPlaces-1] != "here" || places[0] != "6" {
		t.Errorf("places = %v, want the latest %d, each once", places, maxPlaces)
	}
}

// A request that came by POST keeps its parameters, faults included.
func TestCarry(t *testing.T) {
	w := open(t)
	path, err := w.Carry(asking("unknown", "x"))
	if err != nil {
		t.Fatalf("carrying a request: %v", err)
	}
	step, err := w.resume(t, path, w.ann)
	next(t, "after the POST", step, err, AskConsent)
	twice := asking()
	twice.Add("nonce", "m")
	if path, err = w.Carry(twice); err != nil {
		t.Fatalf("carrying a request: %v", err)
	}
	step, err = w.resume(t, path, w.ann)
	told(t, "a nonce that came twice", step, err, oauth.InvalidRequest)
	if _, err := w.Carry(asking("nonce", string(make([]byte, maxParameterBytes)))); !errors.As(err, new(*oauth.UserError)) {
		t.Errorf("a request that is too long for a URL: error = %v, want one for the person", err)
	}
}
