package pages_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/browser"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// soon stands for 1 to 5 seconds, at random.
const soon = "soon"

// people stands in for the account service: it records its input and returns err.
type people struct {
	token string
	in    account.Input
	err   error
}

func (p *people) Redeem(_ context.Context, token string, in account.Input) (signin.Proof, error) {
	p.token, p.in = token, in
	return signin.Proof{User: store.User{Username: in.Username.Value}}, p.err
}

// away stands in for browsers that cannot be signed in.
type away struct{}

func (away) SignIn(context.Context, signin.Proof, string) (string, store.BrowserSession, error) {
	return "", store.BrowserSession{}, store.ErrUnavailable
}

const typedPassword = "seven grey herons"

// send sends the form as a browser does, and returns the page.
func send(t *testing.T, p *people, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	form := url.Values{"token": {"tok"}, "username": {`ann"<b>`}, "email": {"ann@example.com"}, "password": {typedPassword}}
	r := httptest.NewRequest("POST", "http://localhost:8080/setup", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if change != nil {
		change(r)
	}
	return serve(pages.SameOrigin("http://localhost:8080")(pages.Setup{People: p, Browsers: away{}, Issuer: "http://localhost:8080"}.Create), r)
}

func serve(endpoint func(http.ResponseWriter, *http.Request) error, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r = r.WithContext(reqctx.With(r.Context(), &reqctx.Info{ID: "REQUEST7"}))
	if err := endpoint(w, r); err != nil {
		pages.Refuse(w, r, err)
	}
	return w
}

func TestTheFormMakesTheFirstAdministrator(t *testing.T) {
	p := &people{}
	w := send(t, p, nil)
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), "Administrator created") {
		t.Errorf(`status %d %s, want 201 and "Administrator created"`, w.Code, w.Body)
	}
	if p.token != "tok" || p.in.Username.Value != `ann"<b>` || p.in.Email.Value != "ann@example.com" || p.in.Password.Value != typedPassword || p.in.Role.Sent {
		t.Errorf("token %q, input %+v, want the typed values and no role", p.token, p.in)
	}
	if strings.Contains(w.Body.String(), "<b>") {
		t.Error("the name is not escaped, want it escaped")
	}
}

func TestAFormWithErrorsKeepsAllButThePassword(t *testing.T) {
	faults := &fields.Errors{}
	faults.Add("username", "A user with that username already exists.")
	faults.Add("password", "This is <i>wrong</i>.")
	faults.Add("", "The form is wrong as well.")
	w := send(t, &people{err: faults.Err()}, nil)
	body := w.Body.String()
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want %d", w.Code, http.StatusUnprocessableEntity)
	}
	for _, want := range []string{
		`value="ann&#34;&lt;b&gt;"`, `value="ann@example.com"`, `name="token" value="tok"`,
		"A user with that username already exists.", "This is &lt;i&gt;wrong&lt;/i&gt;.", "The form is wrong as well.",
		`aria-describedby="username-error"`, `id="username-error"`, `aria-describedby="password-hint password-error"`, `id="password-error"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s, want it:\n%s", want, body)
		}
	}
	if strings.Contains(body, typedPassword) {
		t.Error("the page repeats the password, want it left out")
	}
	if strings.Count(body, " autofocus") != 1 || !regexp.MustCompile(`name="username"[^>]* autofocus`).MatchString(body) {
		t.Error("the first field with an error does not have the focus, want it there alone")
	}
}

func TestTheFocusIsOnTheFirstError(t *testing.T) {
	faults := fields.New("password", "Too short.")
	body := send(t, &people{err: faults}, nil).Body.String()
	if strings.Count(body, " autofocus") != 1 || !regexp.MustCompile(`name="password"[^>]* autofocus`).MatchString(body) {
		t.Errorf("the password does not have the focus, want it there alone:\n%s", body)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name       string
		err        error
		change     func(*http.Request)
		status     int
		says       string
		retryAfter string
	}{
		{"a link that was used", account.ErrLink, nil, 410, "This link no longer works", ""},
		{"a form of another site", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "This form came from another site", ""},
		{"an old browser's form of another site", nil, func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example.com")
		}, 403, "This form came from another site", ""},
		{"no form at all", nil, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, "The form could not be read", ""},
		{"too many tries", &throttle.Limited{RetryAfter: 90 * time.Second}, nil, 429, "Too many tries", "90"},
		{"too many at once", fmt.Errorf("hashing: %w", &password.Busy{RetryAfter: 1500 * time.Millisecond}), nil, 503, "Please try again in a moment", "2"},
		{"the database is away", fmt.Errorf("asking: %w", store.ErrUnavailable), nil, 503, "Please try again in a moment", soon},
		{"everything is busy", fmt.Errorf("waiting: %w", handlers.ErrBusy), nil, 503, "Please try again in a moment", soon},
		{"a fault of ours", errors.New("disk on fire"), nil, 500, "Something went wrong", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := send(t, &people{err: c.err}, c.change)
			body := w.Body.String()
			wait := w.Header().Get("Retry-After")
			if len(wait) == 1 && strings.Contains("12345", wait) && c.retryAfter == soon {
				wait = soon
			}
			if w.Code != c.status || !strings.Contains(body, c.says) || wait != c.retryAfter {
				t.Errorf("status %d, Retry-After %q, want %d, %q and %q:\n%s", w.Code, w.Header().Get("Retry-After"), c.status, c.retryAfter, c.says, body)
			}
			if !strings.Contains(body, "REQUEST7") {
				t.Error("the page does not show the request's id, want it for people who ask for help")
			}
			if c.err != nil && strings.Contains(body, c.err.Error()) || strings.Contains(body, typedPassword) || strings.Contains(body, "ann@") {
				t.Errorf("the page shows an internal error or a typed value, want neither:\n%s", body)
			}
		})
	}
}

func TestAProgramMayUseTheForm(t *testing.T) {
	p := &people{}
	if w := send(t, p, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }); w.Code != http.StatusCreated {
		t.Errorf("status = %d %s, want 201", w.Code, w.Body)
	}
}

func TestTheFormHoldsTheTokenOfTheLink(t *testing.T) {
	r := httptest.NewRequest("GET", "http://localhost:8080/setup?token=a%22b%2Bc", nil)
	w := serve(pages.Setup{}.Show, r)
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(html.UnescapeString(body), `name="token" value="a"b+c"`) {
		t.Errorf("status %d, want 200 and the token in the form:\n%s", w.Code, body)
	}
	if strings.Count(body, " autofocus") != 1 || !regexp.MustCompile(`name="username"[^>]* autofocus`).MatchString(body) {
		t.Error("the username does not have the focus, want it there alone")
	}
	for _, want := range []string{`autocomplete="new-password"`, `autocomplete="username"`, `autocomplete="email"`, `method="post" action="/setup"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the form has no %s, want it", want)
		}
	}
}

func TestWithoutATokenThePageSaysWhereTheLinkIs(t *testing.T) {
	w := serve(pages.Setup{}.Show, httptest.NewRequest("GET", "http://localhost:8080/setup", nil))
	if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, "<form") || !strings.Contains(body, "one-time link") {
		t.Errorf("status %d, want 200, no form and a mention of the one-time link:\n%s", w.Code, body)
	}
}

// nobody stands in for the browser sessions when nobody is signed in.
type nobody struct{}

func (nobody) Of(context.Context, string) (store.BrowserSession, store.User, error) {
	return store.BrowserSession{}, store.User{}, browser.ErrNone
}

func TestHome(t *testing.T) {
	w := serve(pages.Home{Issuer: "https://login.example.com", Visitors: pages.Visitors{Browsers: nobody{}}}.Show, httptest.NewRequest("GET", "http://evil.example.com/", nil))
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(body, "https://login.example.com") || strings.Contains(body, "evil") {
		t.Errorf("status %d, want 200 and only the issuer's address:\n%s", w.Code, body)
	}
	for _, want := range []string{`href="/.well-known/openid-configuration"`, `href="/.well-known/jwks.json"`, `href="/openapi.json"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s, want it", want)
		}
	}
}

// Until the token of the link is used, it is worth as much as an administrator's password.
func TestThePagesDoNotLogTheToken(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for _, err := range []error{nil, account.ErrLink, fields.New("username", "Taken."), errors.New("disk on fire")} {
		info := &reqctx.Info{}
		r := httptest.NewRequest("POST", "http://localhost:8080/setup?token=THETOKEN", strings.NewReader("token=THETOKEN&username=a&email=b&password="+url.QueryEscape(typedPassword)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r = r.WithContext(reqctx.With(r.Context(), info))
		w := httptest.NewRecorder()
		if err := (pages.Setup{People: &people{err: err}}).Create(w, r); err != nil {
			pages.Refuse(w, r, err)
		}
		logger.Info("request", "why", info.Err)
	}
	if strings.Contains(log.String(), "THETOKEN") || strings.Contains(log.String(), typedPassword) {
		t.Errorf("a secret is in the log, want none: %s", log.String())
	}
}
