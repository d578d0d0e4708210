package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/test/authenticator"
	"gatehouse/store"
	"gatehouse/web"
)

// openTill opens a gate with the till, a public app of the first party that signs people in
// without a browser.
func openTill(t *testing.T) *gate {
	t.Helper()
	g := openGate(t, nil)
	g.shop("till", func(c *store.Client) {
		c.AuthMethod, c.Secrets, c.FirstParty, c.GrantTypes, c.RedirectURIs = "none", nil, true, []string{"urn:gatehouse:challenge", "refresh_token"}, nil
	})
	return g
}

// begins are the parameters of a first call.
func begins(pairs ...string) []string {
	return append([]string{"client_id", "till", "response_type", "code", "scope", "openid profile", "code_challenge", s256(verifier), "code_challenge_method", "S256"}, pairs...)
}

// till calls the endpoint as the till.
func (g *gate) till(status int, pairs ...string) object {
	g.t.Helper()
	return g.publicly("/oauth/challenge", status, pairs...)
}

// next returns what an answer asks for, after its error.
func next(answer object) []string {
	all := []string{answer["error"].(string)}
	list, _ := answer["next"].([]any)
	for _, name := range list {
		all = append(all, name.(string))
	}
	return all
}

func (g *gate) wantNext(answer object, want ...string) {
	g.t.Helper()
	if diff := cmp.Diff(want, next(answer)); diff != "" {
		g.t.Errorf("the answer %v (-want +got):\n%s", answer, diff)
	}
}

// redeemed redeems the code of an answer, and returns the claims of the ID token.
func (g *gate) redeemed(answer object) object {
	g.t.Helper()
	code, _ := answer["authorization_code"].(string)
	set := g.publicly("/oauth/token", http.StatusOK, "grant_type", "authorization_code", "client_id", "till", "code", code, "code_verifier", verifier)
	_, claims := g.signed(set["id_token"])
	return claims
}

// enrolled gives ann a passkey of the till's system, and returns a recovery code, too.
func (g *gate) enrolled() (*authenticator.Key, string) {
	g.t.Helper()
	ctx, key := g.t.Context(), authenticator.New(g.t, g.config.Issuer)
	ceremonies, err := endpoints{core: g.core, brand: &web.Brand{Name: "Gatehouse"}}.newPasskeys()
	if err != nil {
		g.t.Fatalf("building the ceremonies: %v", err)
	}
	user, err := g.db.UserByID(ctx, g.ann.ID)
	if err != nil {
		g.t.Fatalf("reading ann: %v", err)
	}
	options, err := ceremonies.Create(ctx, user)
	if err != nil {
		g.t.Fatalf("beginning to make a passkey: %v", err)
	}
	p, err := ceremonies.Created(ctx, user, key.Create(options))
	var done account.FactorChange
	if err == nil {
		done, err = g.people.AddPasskey(ctx, authz.Actor{UserID: user.ID, Sub: user.Sub, Role: user.Role, SignedInAt: time.Now(), ACR: "phr"}, user, p)
	}
	if err != nil {
		g.t.Fatalf("making a passkey: %v", err)
	}
	return key, done.Codes[0]
}

// passkeyAnswer returns what the authenticator answers to the options of an answer.
func passkeyAnswer(t *testing.T, key *authenticator.Key, answer object) string {
	t.Helper()
	options, err := json.Marshal(answer["passkey_options"])
	if err != nil || answer["passkey_options"] == nil {
		t.Fatalf("no options of a passkey in %v, want some", answer)
	}
	return string(key.Get(options))
}

func TestAnAppWithoutABrowserSignsPeopleIn(t *testing.T) {
	g := openTill(t)
	claims := g.redeemed(g.till(http.StatusOK, begins("username", "ann", "password", secretPhrase)...))
	if claims["sub"] != g.ann.Sub || claims["acr"] != "urn:gatehouse:pwd" || claims["aud"] != "till" {
		t.Errorf("the ID token says %v, want ann by her password for the till", claims)
	}

	// Step by step: nothing but the auth_session comes again.
	answer := g.till(http.StatusBadRequest, begins()...)
	g.wantNext(answer, "insufficient_authorization", "password", "passkey")
	answer = g.till(http.StatusBadRequest, "client_id", "till", "auth_session", answer["auth_session"].(string), "username", "ann")
	g.wantNext(answer, "insufficient_authorization", "password", "passkey")
	answer = g.till(http.StatusBadRequest, "client_id", "till", "auth_session", answer["auth_session"].(string), "password", "wrong")
	g.wantNext(answer, "insufficient_authorization", "password", "passkey")
	answer = g.till(http.StatusOK, "client_id", "till", "auth_session", answer["auth_session"].(string), "password", secretPhrase)
	if claims := g.redeemed(answer); claims["sub"] != g.ann.Sub {
		t.Errorf("the ID token says %v, want ann", claims)
	}
	g.publicly("/oauth/token", http.StatusBadRequest, "grant_type", "authorization_code", "client_id", "till", "code", answer["authorization_code"].(string), "code_verifier", verifier)
	if got := g.publicly("/oauth/token", http.StatusBadRequest, "grant_type", "urn:gatehouse:challenge", "client_id", "till"); got["error"] != "unsupported_grant_type" {
		t.Errorf("the grant at the token endpoint: %v, want unsupported_grant_type", got)
	}
}

func TestAnAppWithoutABrowserUsesPasskeys(t *testing.T) {
	g := openTill(t)
	key, _ := g.enrolled()
	first := g.till(http.StatusBadRequest, begins()...)
	answer := passkeyAnswer(t, key, first)
	claims := g.redeemed(g.till(http.StatusOK, "client_id", "till", "auth_session", first["auth_session"].(string), "passkey", answer))
	if claims["sub"] != g.ann.Sub || claims["acr"] != "phr" {
		t.Errorf("the ID token says %v, want ann by a passkey", claims)
	}
	again := g.till(http.StatusBadRequest, begins("passkey", answer)...)
	g.wantNext(again, "insufficient_authorization", "password", "passkey")

	// With a passkey on record, the password alone is not enough.
	second := g.till(http.StatusBadRequest, begins("username", "ann", "password", secretPhrase)...)
	g.wantNext(second, "insufficient_authorization", "recovery_code", "passkey")
	claims = g.redeemed(g.till(http.StatusOK, "client_id", "till", "auth_session", second["auth_session"].(string), "passkey", passkeyAnswer(t, key, second)))
	if claims["sub"] != g.ann.Sub || claims["acr"] != "phr" {
		t.Errorf("the ID token says %v, want ann by a passkey", claims)
	}
	// What was used up begins nothing more.
	gone := g.till(http.StatusBadRequest, "client_id", "till", "auth_session", second["auth_session"].(string), "otp", "123456")
	g.wantNext(gone, "invalid_session")
}

func TestAnAppWithoutABrowserAsksForASecondFactor(t *testing.T) {
	g := openTill(t)
	_, code := g.enrolled()
	password := begins("username", "ann", "password", secretPhrase)
	waiting := g.till(http.StatusBadRequest, password...)["auth_session"].(string)
	wrong := g.till(http.StatusBadRequest, "client_id", "till", "auth_session", waiting, "recovery_code", "aaaa-aaaa-aaaa")
	g.wantNext(wrong, "insufficient_authorization", "recovery_code", "passkey")
	if wrong["auth_session"] != waiting || !strings.HasPrefix(wrong["error_description"].(string), "What was sent is not right.") {
		t.Errorf("after a wrong code: %v, want the same auth_session and that it was wrong", wrong)
	}
	claims := g.redeemed(g.till(http.StatusOK, "client_id", "till", "auth_session", waiting, "recovery_code", code))
	if claims["acr"] != "urn:gatehouse:mfa" {
		t.Errorf("the ID token says %v, want two factors", claims)
	}
	// A code works once, also for an app that sends it at once.
	again := g.till(http.StatusBadRequest, append(password, "recovery_code", code)...)
	g.wantNext(again, "insufficient_authorization", "recovery_code", "passkey")
}

// withCodeApp gives ann an authenticator app, and returns what the app shows: the code of now
// and, for the time that comes, the next.
func (g *gate) withCodeApp() func(ahead time.Duration) string {
	g.t.Helper()
	ctx := g.t.Context()
	user, err := g.db.UserByID(ctx, g.ann.ID)
	if err != nil {
		g.t.Fatalf("reading ann: %v", err)
	}
	actor := authz.Actor{UserID: user.ID, Sub: user.Sub, Role: user.Role, SignedInAt: time.Now(), ACR: "urn:gatehouse:pwd"}
	setup, err := g.people.SetUpTOTP(ctx, actor, user, true)
	if err != nil {
		g.t.Fatalf("setting up the app: %v", err)
	}
	shows := func(ahead time.Duration) string {
		code, err := totp.GenerateCode(string(setup.Secret), time.Now().Add(ahead))
		if err != nil {
			g.t.Fatalf("making a code: %v", err)
		}
		return code
	}
	if _, err := g.people.ConfirmTOTP(ctx, actor, user, shows(-30*time.Second)); err != nil {
		g.t.Fatalf("confirming the app: %v", err)
	}
	return shows
}

func TestAnAppWithoutABrowserTakesCodes(t *testing.T) {
	g := openTill(t)
	shows := g.withCodeApp()
	password := begins("username", "ann", "password", secretPhrase)
	waiting := g.till(http.StatusBadRequest, password...)
	g.wantNext(waiting, "insufficient_authorization", "otp", "recovery_code")
	code := shows(0)
	claims := g.redeemed(g.till(http.StatusOK, "client_id", "till", "auth_session", waiting["auth_session"].(string), "otp", code))
	if diff := cmp.Diff([]any{"pwd", "otp", "mfa"}, claims["amr"]); diff != "" || claims["acr"] != "urn:gatehouse:mfa" {
		t.Errorf("the ID token says %v, want two factors (-want +got):\n%s", claims, diff)
	}
	// A step counts once; the next one, sent at once with the password, does as well.
	again := g.till(http.StatusBadRequest, append(password, "otp", code)...)
	g.wantNext(again, "insufficient_authorization", "otp", "recovery_code")
	g.redeemed(g.till(http.StatusOK, append(password, "otp", shows(30*time.Second))...))
}

// A person who must have a second factor first sets it up in a browser.
func TestAnAppWithoutABrowserLeadsToTheWeb(t *testing.T) {
	g := openGate(t, func(cfg *config.Config) { cfg.RequireFactor = "all" })
	for id, back := range map[string][]string{"till": {shopURI}, "kiosk": nil} {
		g.shop(id, func(c *store.Client) {
			c.AuthMethod, c.Secrets, c.FirstParty, c.RedirectURIs = "none", nil, true, back
			c.GrantTypes = []string{"urn:gatehouse:challenge", "authorization_code"}
		})
	}
	answer := g.till(http.StatusBadRequest, begins("username", "ann", "password", secretPhrase)...)
	g.wantNext(answer, "redirect_to_web")
	if answer["authorization_code"] != nil || answer["auth_session"] != nil {
		t.Errorf("the answer is %v, want nothing with which to go on here", answer)
	}
	request, _ := answer["request_uri"].(string)
	v := g.visitor()
	v.follow(v.get("/oauth/authorize?"+url.Values{"client_id": {"till"}, "request_uri": {request}}.Encode())).shows(http.StatusOK, "ann", "Photo Shop")
	// An app that is led nowhere makes a request of its own.
	kiosk := g.till(http.StatusBadRequest, append([]string{"client_id", "kiosk"}, begins("username", "ann", "password", secretPhrase)[2:]...)...)
	g.wantNext(kiosk, "redirect_to_web")
	if kiosk["request_uri"] != nil {
		t.Errorf("the answer is %v, want no request_uri", kiosk)
	}
}

// Of many answers to one auth_session with the same recovery code, one gets a code.
func TestAnAuthSessionIsUsedOnce(t *testing.T) {
	g := openTill(t)
	_, code := g.enrolled()
	waiting := g.till(http.StatusBadRequest, begins("username", "ann", "password", secretPhrase)...)["auth_session"].(string)
	var won atomic.Int32
	var all sync.WaitGroup
	for range 5 { // a waiting sign-in takes five tries
		all.Go(func() {
			resp, err := http.PostForm(g.door.URL+"/oauth/challenge", url.Values{"client_id": {"till"}, "auth_session": {waiting}, "recovery_code": {code}})
			if err != nil {
				t.Errorf("sending the request: %v", err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if n := won.Load(); n != 1 {
		t.Errorf("%d of 5 got a code, want 1", n)
	}
}

// Until a first factor was right, the answers for any names differ in nothing but random
// values.
func TestTheChallengeEndpointTellsNobodyWhoHasAnAccount(t *testing.T) {
	g := openTill(t)
	_, _ = g.enrolled()
	ben := g.person("ben", "user")
	(&crowd{app: g.app}).activate(t, ben, false)
	same := func(pairs ...string) object {
		answer := g.till(http.StatusBadRequest, begins(pairs...)...)
		delete(answer, "auth_session")
		answer["passkey_options"].(map[string]any)["challenge"] = ""
		return answer
	}
	for _, password := range []string{"", "wrong"} {
		want := same("username", "nobody", "password", password)
		for _, name := range []string{"ann", "ben", "nobody@example.com", "ann@example.com"} {
			if diff := cmp.Diff(want, same("username", name, "password", password)); diff != "" {
				t.Errorf("%s with the password %q, want the answer for nobody (-want +got):\n%s", name, password, diff)
			}
		}
	}
}

func TestWhoMayCallTheChallengeEndpoint(t *testing.T) {
	g := openTill(t)
	g.shop("stranger", func(c *store.Client) {
		c.AuthMethod, c.Secrets, c.GrantTypes = "none", nil, []string{"urn:gatehouse:challenge"}
	})
	g.shop("web", func(c *store.Client) { c.AuthMethod, c.Secrets, c.FirstParty = "none", nil, true })
	right := begins("username", "ann", "password", secretPhrase)
	without := func(name string) []string {
		at := slices.Index(right, name)
		return slices.Delete(slices.Clone(right), at, at+2)
	}
	with := func(name, value string) []string {
		changed := slices.Clone(right)
		changed[slices.Index(changed, name)+1] = value
		return changed
	}
	for name, c := range map[string]struct {
		pairs  []string
		status int
		want   string
	}{
		"an app of others":            {with("client_id", "stranger"), 400, "unauthorized_client"},
		"an app without the grant":    {with("client_id", "web"), 400, "unauthorized_client"},
		"an app that must sign in":    {with("client_id", "shop"), 401, "invalid_client"},
		"nobody":                      {with("client_id", "nobody"), 401, "invalid_client"},
		"no response_type":            {without("response_type"), 400, "invalid_request"},
		"another response_type":       {with("response_type", "token"), 400, "unsupported_response_type"},
		"no PKCE":                     {without("code_challenge"), 400, "invalid_request"},
		"plain PKCE":                  {with("code_challenge_method", "plain"), 400, "invalid_request"},
		"no PKCE method":              {without("code_challenge_method"), 400, "invalid_request"},
		"a scope beyond registration": {with("scope", "openid users:write"), 400, "invalid_scope"},
		"a session that never was":    {append(slices.Clone(right), "auth_session", "made-up"), 400, "invalid_session"},
	} {
		if got := g.till(c.status, c.pairs...); got["error"] != c.want || got["authorization_code"] != nil {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// An auth_session is one app's, for one request.
func TestAnAuthSessionIsBound(t *testing.T) {
	g := openTill(t)
	g.shop("other", func(c *store.Client) {
		c.AuthMethod, c.Secrets, c.FirstParty, c.GrantTypes = "none", nil, true, []string{"urn:gatehouse:challenge"}
	})
	session := g.till(http.StatusBadRequest, begins()...)["auth_session"].(string)
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"another app":            {[]string{"client_id", "other"}, "invalid_session"},
		"another code_challenge": {[]string{"client_id", "till", "code_challenge", s256("another" + verifier)}, "invalid_request"},
		"more scope":             {[]string{"client_id", "till", "scope", "openid profile email"}, "invalid_request"},
	} {
		if got := g.till(http.StatusBadRequest, append(c.pairs, "auth_session", session, "username", "ann", "password", secretPhrase)...); got["error"] != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	g.till(http.StatusOK, "client_id", "till", "auth_session", session, "username", "ann", "password", secretPhrase)
}

func TestGuessingAtTheChallengeEndpointIsRefusedSoon(t *testing.T) {
	g := openTill(t)
	refused := 0
	for range 12 {
		form := url.Values{"password": {"wrong"}, "username": {"ann"}}
		for pairs := begins(); len(pairs) > 0; pairs = pairs[2:] {
			form.Set(pairs[0], pairs[1])
		}
		resp, err := http.PostForm(g.door.URL+"/oauth/challenge", form)
		if err != nil {
			t.Fatalf("sending the request: %v", err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused < 5 {
		t.Errorf("%d of 12 guesses were refused early, want those after the first few", refused)
	}
}

// A page of another site cannot read what the endpoint answers, whatever the settings say.
func TestTheChallengeEndpointIsNotForPages(t *testing.T) {
	g := openGate(t, func(cfg *config.Config) { cfg.CORSOrigins = []string{"https://app.example.com"} })
	for _, method := range []string{http.MethodOptions, http.MethodPost} {
		r, err := http.NewRequestWithContext(t.Context(), method, g.door.URL+"/oauth/challenge", strings.NewReader(""))
		if err != nil {
			t.Fatalf("making the request: %v", err)
		}
		r.Header.Set("Origin", "https://app.example.com")
		r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("sending the request: %v", err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want none", method, got)
		}
	}
}

// s256 returns the code_challenge of a verifier (RFC 7636 §4.2).
func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
