package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	// redirectURI is the public app's. The rig never follows it.
	redirectURI = "https://app.example.com/back"
	// verifier is the PKCE verifier of every code (RFC 7636 §4.1).
	verifier = "the-rig-asks-with-one-verifier-for-all-of-its-codes"
)

// challenge returns the S256 challenge of the verifier (RFC 7636 §4.2).
func challenge() string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// secret returns the i-th cookie or code, as long as the server's.
func (c *crowd) secret(kind string, i int) string {
	b := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", c.salt, kind, i))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// authorize returns a request from a browser that is signed in, for an app with the
// person's consent: the answer is a code at once.
func (f *fixture) authorize(a app) func() request {
	query := a.form(url.Values{
		"response_type": {"code"}, "client_id": {a.id}, "redirect_uri": {redirectURI}, "scope": {a.scope},
		"state": {"a-state-of-the-app"}, "nonce": {"a-nonce-of-the-app"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	})
	return func() request {
		return request{
			method: http.MethodGet, path: "/oauth/authorize?" + query.Encode(), cookie: f.crowd.anyBrowser(),
			want: http.StatusSeeOther, then: leadsWith("code"),
		}
	}
}

// authorizeRefused is authorize with a response type that there is not: why is kept, and the
// redirect says where to read it.
func (f *fixture) authorizeRefused() request {
	q := f.authorize(publicApp)()
	q.path = strings.Replace(q.path, "response_type=code", "response_type=token", 1)
	q.then = leadsWith("error", "error_uri")
	return q
}

// leadsWith checks that a redirect has these parameters: the same status also leads to the
// sign-in page, or to the app with an error.
func leadsWith(parameters ...string) func(http.Header, []byte) error {
	return func(header http.Header, _ []byte) error {
		to, err := url.Parse(header.Get("Location"))
		if err != nil {
			return fmt.Errorf("reading where an answer leads: %w", err)
		}
		for _, p := range parameters {
			if !to.Query().Has(p) {
				return fmt.Errorf("the redirect to %s has no %s", to.Redacted(), p)
			}
		}
		return nil
	}
}

// anyBrowser returns the cookies of a browser, another one each time, as anybody does
// for people.
func (c *crowd) anyBrowser() string {
	for {
		if i := c.next() % c.browsers; active(i % c.size) {
			return c.browser(i)
		}
	}
}

// browser returns the cookies of the i-th browser; that after the last is the administrator's.
func (c *crowd) browser(i int) string {
	return "gh_sid=" + c.secret("session", i) + "; gh_pre=" + c.secret("visitor", i)
}

// codeApp is the public app of the i-th code.
func codeApp(i int) app { return []app{publicApp, publicAPIApp}[i%2] }

// exchange redeems the next code of the public app which, for an access token, a refresh
// token and an ID token. When no code is left, the requests show as failures.
func (f *fixture) exchange(which int) func() request {
	a := codeApp(which)
	return func() request {
		next := 2*(int(f.codes[which].Add(1))-1) + which
		form := a.form(url.Values{
			"grant_type": {"authorization_code"}, "client_id": {a.id}, "redirect_uri": {redirectURI},
			"code": {f.crowd.secret("code", next)}, "code_verifier": {verifier},
		})
		return request{
			method: http.MethodPost, path: "/oauth/token", contentType: "application/x-www-form-urlencoded",
			body: form.Encode(), want: http.StatusOK, contains: `"id_token"`,
		}
	}
}

// exchangeRefused redeems a code that nobody was given.
func (f *fixture) exchangeRefused() request {
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {publicApp.id}, "redirect_uri": {redirectURI},
		"code": {f.crowd.secret("no code", f.crowd.next())}, "code_verifier": {verifier},
	}
	return request{
		method: http.MethodPost, path: "/oauth/token", contentType: "application/x-www-form-urlencoded",
		body: form.Encode(), want: http.StatusBadRequest, contains: `"error_uri"`,
	}
}

func (f *fixture) userinfo(token func() string) func() request {
	return func() request {
		return request{
			method: http.MethodGet, path: "/oauth/userinfo", authorization: "Bearer " + token(),
			want: http.StatusOK, contains: `"preferred_username":"person`,
		}
	}
}
