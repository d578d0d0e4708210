package protocol_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// faults are known faults of go-oauth2 v4.5.4's own server and manager, each with a test
// of the right behaviour, so that an upgrade of the library, or a shortcut around our
// preflight, shows. The rows number the faults: 1 to 29 were found by reading and running
// the library, E1 to E16 by attacking it.
var faults = []struct {
	rows, name string
	test       func(*testing.T, *site)
}{
	{"1 E1", "refresh without the client's own authentication", refreshBelongsToTheClient},
	{"2 E2", "scope widened", scopeNeverWidens},
	{"3 E7 E8", "refresh raced and replayed", rotationIsAtomic},
	{"4-7 16-19 E4-E6 E8 E9 E12", "codes and the authorization endpoint", codesAreOurs},
	{"8 E11", "statuses", statuses},
	{"9 10 20", "missing and unknown grant types", grantTypes},
	{"11 E11", "challenge of invalid_client", challenge},
	{"12", "client authentication", clientAuthentication},
	{"13", "unknown client", unknownClient},
	{"14 E3", "password checked too early", passwordComesLast},
	{"15 27 E14", "parameters outside the body, or repeated", parameters},
	{"21 22", "shape of the answer", answerShape},
	{"23 E10", "errors of any kind", anyError},
	{"24", "who gets refresh tokens", refreshTokenForWhom},
	{"25 26", "revocation of one token and not the other", revocation},
	{"28 E15", "contents of the tokens", tokenContents},
	{"29", "refused refresh", refusedRefresh},
	{"E13", "a client without secrets", clientWithoutSecrets},
	{"E16", "guessable identifiers", identifiers},
}

func TestFaultsOfTheLibraryAreNotOurs(t *testing.T) {
	testkit.Long(t)
	for _, f := range faults {
		t.Run(f.rows+" "+f.name, func(t *testing.T) { f.test(t, open(t)) })
	}
}

// The client must be the one to which the token was issued, and must authenticate.
func refreshBelongsToTheClient(t *testing.T, s *site) {
	raw := granted(t, s.signIn(t, "shop")).text("refresh_token")
	tests := []struct {
		name   string
		who    func(*http.Request, url.Values)
		status int
		code   string
	}{
		{"another client", as("mail"), 400, "invalid_grant"},
		{"a public client", as("page"), 400, "invalid_grant"},
		{"a wrong secret", func(r *http.Request, _ url.Values) { r.Header.Set("Authorization", basic("shop", "totally-wrong")) }, 401, "invalid_client"},
		{"another client with a wrong secret", func(r *http.Request, _ url.Values) { r.Header.Set("Authorization", basic("mail", "totally-wrong")) }, 401, "invalid_client"},
		{"the client's ID alone", func(_ *http.Request, f url.Values) { f.Set("client_id", "shop") }, 401, "invalid_client"},
		{"nobody", as(""), 401, "invalid_client"},
		{"two clients", func(r *http.Request, f url.Values) { as("shop")(r, f); f.Set("client_id", "mail") }, 400, "invalid_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refused(t, s.post(t, "/oauth/token", tt.who, "grant_type", "refresh_token", "refresh_token", raw), tt.status, tt.code)
		})
	}
	s.advance(time.Minute) // beyond the grace
	granted(t, s.refresh(t, "shop", raw))

	// A confidential client cannot use a public client's token either.
	raw = granted(t, s.signIn(t, "page")).text("refresh_token")
	refused(t, s.refresh(t, "shop", raw), 400, "invalid_grant")
	granted(t, s.refresh(t, "page", raw))
}

// This holds for every grant.
func scopeNeverWidens(t *testing.T, s *site) {
	first := granted(t, s.signIn(t, "shop", "scope", "openid"))
	for _, scope := range []string{"admin", "openid account", "openid account calendar", "OPENID", `open"id`, strings.Repeat("a ", 5000)} {
		refused(t, s.refresh(t, "shop", first.text("refresh_token"), "scope", scope), 400, "invalid_scope")
	}
	for _, scope := range []string{"admin", "openid users:write", "openid users:write calendar", `a\b`, strings.Repeat("ab ", 3000)} {
		refused(t, s.signIn(t, "shop", "scope", scope), 400, "invalid_scope")
		refused(t, s.post(t, "/oauth/token", as("robot"), "grant_type", "client_credentials", "scope", scope), 400, "invalid_scope")
	}
	if got := granted(t, s.signIn(t, "shop")).text("scope"); got != "openid account users:read" {
		t.Errorf(`without a scope: %q granted, want "openid account users:read"`, got)
	}
	if got := granted(t, s.signIn(t, "shop", "scope", "account account  account")).text("scope"); got != "account" {
		t.Errorf(`the same scope three times: %q granted, want "account"`, got)
	}
	// Narrowing does not stick to the refresh token.
	wide := granted(t, s.signIn(t, "shop"))
	narrow := granted(t, s.refresh(t, "shop", wide.text("refresh_token"), "scope", "openid"))
	if got := narrow.text("scope"); got != "openid" {
		t.Errorf(`narrowed to %q, want "openid"`, got)
	}
	again := granted(t, s.refresh(t, "shop", narrow.text("refresh_token")))
	if got := again.text("scope"); got != "openid account users:read" {
		t.Errorf(`after narrowing %q, want "openid account users:read"`, got)
	}
	// The server stops granting a scope that was removed from the registration.
	s.reregister(t, "shop", func(c *store.Client) { c.Scope = "openid" })
	refused(t, s.refresh(t, "shop", again.text("refresh_token"), "scope", "openid account"), 400, "invalid_scope")
	last := granted(t, s.refresh(t, "shop", again.text("refresh_token")))
	if got := last.text("scope"); got != "openid" {
		t.Errorf(`after a shorter registration %q, want "openid"`, got)
	}
	s.reregister(t, "shop", func(c *store.Client) { c.Scope = "email" })
	refused(t, s.refresh(t, "shop", last.text("refresh_token")), 400, "invalid_grant")
}

func rotationIsAtomic(t *testing.T, s *site) {
	first := granted(t, s.signIn(t, "shop")).text("refresh_token")
	var mu sync.Mutex
	successors := map[string]bool{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			w := httptest.NewRecorder()
			s.mux.ServeHTTP(w, form("/oauth/token", as("shop"), "grant_type", "refresh_token", "refresh_token", first))
			var answer struct {
				Refresh string `json:"refresh_token"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Refresh == "" {
				t.Errorf("status %d %s, want a refresh token", w.Code, w.Body)
			}
			mu.Lock()
			defer mu.Unlock()
			successors[answer.Refresh] = true
		})
	}
	wg.Wait()
	if len(successors) != 1 {
		t.Fatalf("the token has %d successors, want 1", len(successors))
	}
	second := slices.Collect(maps.Keys(successors))[0]
	s.advance(11 * time.Second)
	refused(t, s.refresh(t, "shop", first), 400, "invalid_grant")  // replayed
	refused(t, s.refresh(t, "shop", second), 400, "invalid_grant") // so the family has ended
}

// Codes and the authorization endpoint do not use the library at all; security_test.go
// has the other tests of them.
func codesAreOurs(t *testing.T, s *site) {
	s.addWebApps(t)
	s.signedIn(t)
	for _, values := range []url.Values{
		asking("own", "redirect_uri", "https://evil-web.example/cb"), // E4: the end of a host name
		asking("own", "redirect_uri", "http://web.example/any"),      // E4: scheme and path
		asking("nobody", "redirect_uri", "https://evil.test/"),       // E5
	} {
		if a := s.authorize(t, values); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%v: status %d, sent to %q, want 400 and no redirect", values, a.status, a.header.Get("Location"))
		}
	}
	toldNo(t, s.authorize(t, asking("own", "response_type", "token")), "unsupported_response_type")       // E12
	toldNo(t, s.authorize(t, asking("own", "code_challenge_method", "plain")), "invalid_request")         // E9
	toldNo(t, s.authorize(t, asking("own", "code_challenge_method", "")), "invalid_request")              // E9
	refused(t, s.exchange(t, "own", s.code(t, asking("own")), "code_verifier", ""), 400, "invalid_grant") // E10
	code := s.code(t, asking("own"))
	first := granted(t, s.exchange(t, "own", code))
	refused(t, s.exchange(t, "own", code), 400, "invalid_grant")
	refused(t, s.refresh(t, "own", first.text("refresh_token")), 400, "invalid_grant") // E8
}

func statuses(t *testing.T, s *site) {
	refused(t, s.refresh(t, "shop", "garbage"), 400, "invalid_grant")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "password", "username", "ann", "password", "wrong"), 400, "invalid_grant")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "magic"), 400, "unsupported_grant_type")
	refused(t, s.post(t, "/oauth/token", as("idle"), "grant_type", "password", "username", "ann", "password", annsPassword), 400, "unauthorized_client")
	refused(t, s.signIn(t, "shop", "scope", "admin"), 400, "invalid_scope")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "password", "username", "ann"), 400, "invalid_request")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "refresh_token"), 400, "invalid_request")
}

func grantTypes(t *testing.T, s *site) {
	refused(t, s.post(t, "/oauth/token", as("shop")), 400, "invalid_request")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", ""), 400, "invalid_request")
	unknown := []string{
		"implicit", "__implicit", "PASSWORD", "password ", "none", "urn:ietf:params:oauth:grant-type:token-exchange",
		"urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:openid:params:grant-type:ciba",
		grant.Challenge, // it has an endpoint of its own
	}
	here := grant.Types().AnsweredAt(grant.TokenEndpoint).Names()
	for _, kind := range slices.DeleteFunc(unknown, func(kind string) bool { return slices.Contains(here, kind) }) {
		refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", kind), 400, "unsupported_grant_type")
	}
	for _, kind := range grant.Types().AnsweredAt(grant.TokenEndpoint).Names() {
		refused(t, s.post(t, "/oauth/token", as("idle"), "grant_type", kind), 400, "unauthorized_client")
		// The built-in client is for /api/accounts/, and may use no grant here.
		refused(t, s.post(t, "/oauth/token", as(session.AccountsID), "grant_type", kind), 400, "unauthorized_client")
	}
	refused(t, s.post(t, "/oauth/token", as("page"), "grant_type", "client_credentials"), 400, "unauthorized_client") // public
}

func challenge(t *testing.T, s *site) {
	tries := map[string]func(*http.Request, url.Values){
		"header": func(r *http.Request, _ url.Values) { r.Header.Set("Authorization", basic("shop", "wrong")) },
		"body":   func(_ *http.Request, f url.Values) { f.Set("client_id", "mail"); f.Set("client_secret", "wrong") },
		"bearer": func(r *http.Request, _ url.Values) { r.Header.Set("Authorization", "Bearer x") },
	}
	for name, who := range tries {
		for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect"} {
			a := s.post(t, path, who, "token", "x")
			refused(t, a, 401, "invalid_client")
			if got := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Basic realm="`) {
				t.Errorf(`%s: %q, want it to begin with "Basic realm=\""`, name, got)
			}
		}
	}
}

func clientAuthentication(t *testing.T, s *site) {
	cc := []string{"grant_type", "client_credentials"}
	for _, app := range []string{"shop", "mail", "odd:id%"} {
		granted(t, s.post(t, "/oauth/token", as(app), cc...))
	}
	refused(t, s.post(t, "/oauth/token", func(r *http.Request, f url.Values) {
		as("shop")(r, f)
		f.Set("client_secret", "shop-secret")
	}, cc...), 400, "invalid_request") // two methods at once
	other := func(_ *http.Request, f url.Values) {
		f.Set("client_id", "shop")
		f.Set("client_secret", "shop-secret")
	}
	granted(t, s.post(t, "/oauth/token", other, cc...)) // the other way to send a secret
	s.reregister(t, "shop", func(c *store.Client) { c.AuthMethodPinned = true })
	a := s.post(t, "/oauth/token", other, cc...)
	refused(t, a, 401, "invalid_client")
	if !strings.Contains(a.text("error_description"), "registered for client_secret_basic.") {
		t.Errorf("description = %q, want the method that is expected", a.text("error_description"))
	}
	repeated := form("/oauth/token", as("shop"), cc...)
	repeated.Header.Add("Authorization", basic("shop", "shop-secret"))
	refused(t, s.do(t, repeated), 401, "invalid_client")
	if n := s.limits.counted["client shop"]; n != 1 { // only one failure named a client
		t.Errorf("%d failures counted, want 1", n)
	}
}

func unknownClient(t *testing.T, s *site) {
	for _, kind := range append(grant.Names(), "authorization_code", "") {
		refused(t, s.post(t, "/oauth/token", as("nobody"), "grant_type", kind), 401, "invalid_client")
	}
}

// No password is checked, and therefore hashed, before the client is authenticated and
// may use the grant and the scope.
func passwordComesLast(t *testing.T, s *site) {
	for _, pw := range []string{annsPassword, "wrong"} {
		pairs := []string{"grant_type", "password", "username", "ann", "password", pw}
		refused(t, s.post(t, "/oauth/token", as("nobody"), pairs...), 401, "invalid_client")
		refused(t, s.post(t, "/oauth/token", as(""), pairs...), 401, "invalid_client")
		refused(t, s.post(t, "/oauth/token", as("idle"), pairs...), 400, "unauthorized_client")
		refused(t, s.post(t, "/oauth/token", as("robot"), pairs...), 400, "unauthorized_client")
		refused(t, s.post(t, "/oauth/token", as("shop"), append(pairs, "scope", "admin")...), 400, "invalid_scope")
		refused(t, s.post(t, "/oauth/token", func(r *http.Request, _ url.Values) { r.Header.Set("Authorization", basic("shop", "wrong")) }, pairs...), 401, "invalid_client")
	}
	if n := s.people.asked.Load(); n != 0 {
		t.Errorf("%d passwords were checked, want none", n)
	}
}

func parameters(t *testing.T, s *site) {
	query := url.Values{"grant_type": {"password"}, "username": {"ann"}, "password": {annsPassword}}.Encode()
	for _, target := range []string{"/oauth/token?" + query, "/oauth/token?client_secret=x", "/oauth/token?access_token=x"} {
		refused(t, s.post(t, target, as("shop"), "grant_type", "client_credentials"), 400, "invalid_request")
	}
	refused(t, s.post(t, "/oauth/token?grant_type=client_credentials", as("shop")), 400, "invalid_request")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "client_credentials", "grant_type", "client_credentials"), 400, "invalid_request")
	refused(t, s.signIn(t, "shop", "password", "another"), 400, "invalid_request")
	refused(t, s.signIn(t, "shop", "scope", "openid", "scope", "openid"), 400, "invalid_request")
	refused(t, s.post(t, "/oauth/revoke?token=x", as("shop"), "token", "y"), 400, "invalid_request")

	for _, contentType := range []string{"multipart/form-data; boundary=x", "application/json", "text/plain", ""} {
		r := form("/oauth/token", as("shop"), "grant_type", "client_credentials")
		r.Header.Set("Content-Type", contentType)
		refused(t, s.do(t, r), 400, "invalid_request")
	}
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
			r := form(path, as("shop"), "grant_type", "client_credentials")
			r.Method = method
			if a := s.do(t, r); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != http.MethodPost {
				t.Errorf("%s %s: %d, Allow %q, want 405 and %q", method, path, a.status, a.header.Get("Allow"), http.MethodPost)
			}
		}
	}
	if a := s.signIn(t, "shop", "padding", strings.Repeat("x", 64<<10)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("64 KiB: %d, want 413", a.status)
	}
}

func answerShape(t *testing.T, s *site) {
	tests := map[string]struct {
		answer  answer
		members []string
	}{
		"password":           {s.signIn(t, "shop"), []string{"access_token", "expires_in", "refresh_token", "scope", "token_type"}},
		"client_credentials": {s.post(t, "/oauth/token", as("robot"), "grant_type", "client_credentials"), []string{"access_token", "expires_in", "scope", "token_type"}},
	}
	for name, tt := range tests {
		a := granted(t, tt.answer)
		if got := slices.Sorted(maps.Keys(a.members)); !slices.Equal(got, tt.members) {
			t.Errorf("%s: members %v, want %v", name, got, tt.members)
		}
		if a.text("token_type") != "Bearer" || a.members["expires_in"] != 300.0 {
			t.Errorf("%s: %s, want a Bearer token for 300 seconds", name, a.body)
		}
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: header %v, want JSON that is not stored", name, a.header)
		}
	}
}

// unhashable is an error that cannot be the key of a map.
type unhashable []string

func (unhashable) Error() string { return "secret cause" }

func anyError(t *testing.T, s *site) {
	tests := []struct {
		fail   error
		status int
		code   string
	}{
		{unhashable{"x"}, 500, "server_error"},
		{fmt.Errorf("asking: %w", unhashable{"x"}), 500, "server_error"},
		{errors.New("secret cause"), 500, "server_error"},
		{fmt.Errorf("asking: %w", store.ErrUnavailable), 503, "temporarily_unavailable"},
		{fmt.Errorf("asking: %w", context.DeadlineExceeded), 503, "temporarily_unavailable"},
		{oauth.InvalidGrant.Because("reading: %w", store.ErrUnavailable), 503, "temporarily_unavailable"},
	}
	for _, tt := range tests {
		s.people.fail = tt.fail
		a := s.signIn(t, "shop")
		refused(t, a, tt.status, tt.code)
		if strings.Contains(a.body, "secret") || !strings.Contains(a.text("error_description"), "REQUEST0") {
			t.Errorf("body %s, want the request's id and no secret", a.body)
		}
		if wait := a.header.Get("Retry-After"); tt.status == 503 && !slices.Contains([]string{"1", "2", "3", "4", "5"}, wait) {
			t.Errorf("Retry-After %q, want 1 to 5 seconds", wait)
		}
		if s.info.Err == nil || !strings.Contains(s.info.Err.Error(), tt.fail.Error()) {
			t.Errorf("the log has %v, want %v", s.info.Err, tt.fail)
		}
	}
}

func refreshTokenForWhom(t *testing.T, s *site) {
	if a := granted(t, s.signIn(t, "kiosk")); a.text("refresh_token") != "" {
		t.Error("a client that may not refresh got a refresh token, want none")
	}
	if a := granted(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "client_credentials")); a.text("refresh_token") != "" {
		t.Error("client_credentials gave a refresh token, want none (RFC 6749 §4.4.3)")
	}
	raw := granted(t, s.signIn(t, "shop")).text("refresh_token")
	s.reregister(t, "shop", func(c *store.Client) { c.GrantTypes = []string{grant.Password} })
	refused(t, s.refresh(t, "shop", raw), 400, "unauthorized_client")
}

func revocation(t *testing.T, s *site) {
	for _, kind := range []string{"access_token", "refresh_token"} {
		a := granted(t, s.signIn(t, "shop"))
		if r := s.post(t, "/oauth/revoke", as("mail"), "token", a.text(kind)); r.status != 200 || !s.active(t, "shop", a.text(kind)) {
			t.Errorf("%s: another client: status %d, want 200 and the token active", kind, r.status)
		}
		for _, hint := range []string{"access_token", "refresh_token", "nonsense"} { // a repetition succeeds as well
			if r := s.post(t, "/oauth/revoke", as("shop"), "token", a.text(kind), "token_type_hint", hint); r.status != 200 || r.body != "" {
				t.Errorf("%s: status %d, body %q, want 200 and an empty body", kind, r.status, r.body)
			}
		}
		if s.active(t, "shop", a.text("access_token")) || s.active(t, "shop", a.text("refresh_token")) {
			t.Errorf("%s revoked, and one of the two is still active, want both inactive", kind)
		}
		refused(t, s.refresh(t, "shop", a.text("refresh_token")), 400, "invalid_grant")
	}
	own := granted(t, s.post(t, "/oauth/token", as("robot"), "grant_type", "client_credentials")).text("access_token")
	s.post(t, "/oauth/revoke", as("robot"), "token", own)
	if s.active(t, "shop", own) {
		t.Error("a client_credentials token is active after its revocation, want it inactive")
	}
	if a := s.post(t, "/oauth/revoke", as("shop"), "token", "garbage"); a.status != 200 {
		t.Errorf("garbage: %d %s, want 200", a.status, a.body)
	}
	refused(t, s.post(t, "/oauth/revoke", as("shop")), 400, "invalid_request")
}

// decoded returns the header and the claims of a token.
func decoded(t *testing.T, raw string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(raw, ".")
	for i, into := range []*map[string]any{&header, &claims} {
		body, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(body, into)
		}
		if err != nil {
			t.Fatalf("decoding the base64: %v", err)
		}
	}
	return header, claims
}

func tokenContents(t *testing.T, s *site) {
	a, b := granted(t, s.signIn(t, "shop")), granted(t, s.signIn(t, "shop"))
	for _, kind := range []string{"access_token", "refresh_token"} {
		if a.text(kind) == b.text(kind) {
			t.Errorf("two sign-ins in the same second got the same %s, want two different ones", kind)
		}
	}
	header, claims := decoded(t, a.text("access_token"))
	if header["typ"] != "at+jwt" || header["alg"] != "RS256" || header["kid"] == nil {
		t.Errorf("header %v, want at+jwt, RS256 and a kid", header)
	}
	want := []string{"acr", "amr", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "role", "scope", "sid", "sub"}
	if got := slices.Sorted(maps.Keys(claims)); !slices.Equal(got, want) {
		t.Errorf("claims %v, want %v", got, want)
	}
	if claims["sub"] != annsSub || claims["iss"] != issuer || claims["aud"] != issuer || claims["client_id"] != "shop" || claims["role"] != "user" {
		t.Errorf("claims %v, want those of ann at the client shop", claims)
	}
	if got, want := s.provedIn(t, a.text("access_token")), (proved{float64(s.clock().Unix()), "urn:gatehouse:pwd", []any{"pwd"}}); !cmp.Equal(got, want) {
		t.Errorf("the access token says %v of the sign-in, want %v", got, want)
	}
	header, claims = decoded(t, a.text("refresh_token"))
	want = []string{"aud", "client_id", "exp", "gen", "iat", "iss", "jti", "role", "scope", "sid", "sub"}
	if got := slices.Sorted(maps.Keys(claims)); header["typ"] != "rt+jwt" || !slices.Equal(got, want) {
		t.Errorf("refresh token: header %v, claims %v, want rt+jwt and %v", header, got, want)
	}
	_, claims = decoded(t, granted(t, s.post(t, "/oauth/token", as("robot"), "grant_type", "client_credentials")).text("access_token"))
	want = []string{"aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"}
	if got := slices.Sorted(maps.Keys(claims)); claims["sub"] != "robot" || !slices.Equal(got, want) {
		t.Errorf("client_credentials: claims %v, want the subject robot and %v", claims, want)
	}
}

func refusedRefresh(t *testing.T, s *site) {
	set := granted(t, s.signIn(t, "shop"))
	for _, raw := range []string{"garbage", "a.b.c", set.text("access_token"), set.text("refresh_token") + "x"} {
		refused(t, s.refresh(t, "shop", raw), 400, "invalid_grant")
	}
	if n := s.limits.counted["refresh shop"]; n != 4 {
		t.Errorf("%d failures counted, want 4", n)
	}
	s.advance(14 * 24 * time.Hour)
	refused(t, s.refresh(t, "shop", set.text("refresh_token")), 400, "invalid_grant") // it was idle for too long
	if n := s.limits.counted["refresh shop"]; n != 4 {
		t.Error("an expired refresh token was counted as a failure, want it not counted")
	}
	changes := map[string]func(tx store.Tx, id int64) error{
		"inactive": func(tx store.Tx, id int64) error {
			off := false
			return tx.UpdateUser(id, store.UserChange{Active: &off})
		},
		"deleted": func(tx store.Tx, id int64) error { return tx.DeleteUser(id) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			set := granted(t, s.signIn(t, "shop"))
			ann, err := s.db.UserByName(t.Context(), "ann")
			if err == nil {
				err = s.db.Write(t.Context(), func(tx store.Tx) error { return change(tx, ann.ID) })
			}
			if err != nil {
				t.Fatalf("looking up the user by name: %v", err)
			}
			refused(t, s.refresh(t, "shop", set.text("refresh_token")), 400, "invalid_grant")
			if s.active(t, "shop", set.text("access_token")) {
				t.Error("the access token is active, want it inactive")
			}
		})
	}
	t.Run("client disabled", func(t *testing.T) {
		s := open(t)
		set := granted(t, s.signIn(t, "shop"))
		s.reregister(t, "shop", func(c *store.Client) { c.Disabled = true })
		refused(t, s.refresh(t, "shop", set.text("refresh_token")), 401, "invalid_client")
		if s.active(t, "mail", set.text("access_token")) {
			t.Error("the access token is active, want it inactive")
		}
	})
}

func clientWithoutSecrets(t *testing.T, s *site) {
	for _, secret := range []string{"", "anything", "blank-secret"} {
		refused(t, s.post(t, "/oauth/token", func(r *http.Request, _ url.Values) {
			r.Header.Set("Authorization", basic("blank", secret))
		}, "grant_type", "client_credentials"), 401, "invalid_client")
	}
}

// 26 characters of base32 are 130 bits; RFC 6749 §10.10 requires 128.
func identifiers(t *testing.T, s *site) {
	seen := map[any]bool{}
	for range 20 {
		a := granted(t, s.signIn(t, "shop"))
		for _, kind := range []string{"access_token", "refresh_token"} {
			_, claims := decoded(t, a.text(kind))
			id, _ := claims["jti"].(string)
			if sid, _ := claims["sid"].(string); len(id) < 26 || len(sid) < 26 {
				t.Fatalf("jti %q, sid %q, want 26 characters or more", id, sid)
			}
			if seen[id] {
				t.Errorf("jti %q is repeated, want it once", id)
			}
			seen[id] = true
		}
	}
}

// reregister changes a client, and then advances the clock by the second for which the
// old registration may be cached.
func (s *site) reregister(t testing.TB, id string, change func(*store.Client)) {
	t.Helper()
	err := s.db.Write(t.Context(), func(tx store.Tx) error {
		c, err := tx.LockClient(id)
		if err != nil {
			return err
		}
		change(&c)
		return tx.PutClient(c)
	})
	if err != nil {
		t.Fatalf("changing the client: %v", err)
	}
	s.advance(time.Second)
}
