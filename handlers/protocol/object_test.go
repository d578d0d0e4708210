package protocol_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/oauth/authorize"
	"gatehouse/store"
)

// openObjects returns a site where the first-party client own has registered keys.
func openObjects(t testing.TB) (*site, signers) {
	t.Helper()
	s, keys := openWeb(t), newSigners(t)
	s.reregister(t, "own", func(c *store.Client) { c.JWKS = keys.jwks })
	return s, keys
}

// object returns the claims of a valid request object of own. The pairs change them; nil
// removes one.
func (s *site) object(pairs ...any) map[string]any {
	c := map[string]any{"iss": "own", "aud": issuer, "exp": s.clock().Add(time.Hour).Unix()}
	for name, values := range asking("own") {
		c[name] = values[0]
	}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i].(string)] = pairs[i+1]
		if pairs[i+1] == nil {
			delete(c, pairs[i].(string))
		}
	}
	return c
}

var es256 = map[string]any{"alg": "ES256", "kid": "e"}

// A signed request object is the whole request: beside it only client_id counts (RFC 9101
// §6.3).
func TestSignedRequestObject(t *testing.T) {
	s, keys := openObjects(t)
	for _, header := range []map[string]any{
		es256, {"alg": "RS256", "kid": "r"}, {"alg": "PS256", "kid": "r"}, {"alg": "EdDSA", "kid": "d"}, {"alg": "ES256"},
		{"alg": "ES256", "kid": "e", "typ": "JWT"}, {"alg": "ES256", "kid": "e", "typ": "oauth-authz-req+jwt"}, {"alg": "ES256", "kid": "e", "typ": "OAuth-Authz-Req+jwt"},
		{"alg": "ES256", "kid": "e", "typ": "application/oauth-authz-req+jwt"},
	} {
		raw := keys.sign(t, header, s.object("scope", "openid email"))
		values := url.Values{
			"client_id": {"own"}, "request": {raw}, "state": {"forged", "twice"}, "redirect_uri": {"https://evil.test/"}, "response_mode": {"fragment"}, "nonce": {"\xff"},
		}
		a := s.authorize(t, values)
		if q := returned(t, a); q.Get("state") != "st/ate +&=" {
			t.Errorf("%v: told %v, want the state of the object", header, q)
		}
		tokens := granted(t, s.exchange(t, "own", returned(t, a).Get("code")))
		if id := s.idToken(t, tokens); id["nonce"] != "n-1" || tokens.text("scope") != "openid email" {
			t.Errorf("%v: nonce %v, scope %q, want those of the object", header, id["nonce"], tokens.text("scope"))
		}
	}
	// What OpenID Connect wants beside the object agrees with it.
	for _, beside := range []url.Values{
		{"response_type": {"code"}, "scope": {"openid"}}, {"scope": {"email openid"}}, {"response_type": {"code"}},
	} {
		beside["client_id"], beside["request"] = []string{"own"}, []string{keys.sign(t, es256, s.object("scope", "openid email"))}
		s.code(t, beside)
	}
	// Values of other types, where OpenID Connect has them (OIDC Core 1.0 §6.1).
	typed := s.object("max_age", 3600, "claims", map[string]any{"id_token": map[string]any{"email": nil}}, "aud", []string{"https://other.example", issuer}, "iss", nil, "iat", s.clock().Unix())
	s.code(t, url.Values{"client_id": {"own"}, "request": {keys.sign(t, es256, typed)}})
	spaced, err := json.MarshalIndent(typed, " ", "\t")
	if err != nil {
		t.Fatalf("marshalling the claims: %v", err)
	}
	s.code(t, url.Values{"client_id": {"own"}, "request": {keys.signText(t, es256, spaced)}})
}

func TestInvalidRequestObjects(t *testing.T) {
	s, keys := openObjects(t)
	good := keys.sign(t, es256, s.object())
	parts := strings.Split(good, ".")
	other := newSigners(t)
	for name, raw := range map[string]string{
		"unsigned":              keys.sign(t, map[string]any{"alg": "none"}, s.object()),
		"another's key":         other.sign(t, es256, s.object()),
		"by a shared secret":    keys.sign(t, map[string]any{"alg": "HS256", "kid": "o"}, s.object()),
		"altered":               parts[0] + "." + b64([]byte(strings.Replace(decode(t, parts[1]), "n-1", "n-2", 1))) + "." + parts[2],
		"encrypted":             good + ".AAAA.AAAA",
		"garbage":               "x",
		"no aud":                keys.sign(t, es256, s.object("aud", nil)),
		"for another server":    keys.sign(t, es256, s.object("aud", "https://other.example")),
		"for an endpoint":       keys.sign(t, es256, s.object("aud", issuer+"/oauth/authorize")),
		"no exp":                keys.sign(t, es256, s.object("exp", nil)),
		"expired":               keys.sign(t, es256, s.object("exp", s.clock().Unix())),
		"exp too far ahead":     keys.sign(t, es256, s.object("exp", s.clock().Add(time.Hour+time.Minute).Unix())),
		"not yet":               keys.sign(t, es256, s.object("nbf", s.clock().Add(time.Minute).Unix())),
		"iss of another":        keys.sign(t, es256, s.object("iss", "web")),
		"no client_id":          keys.sign(t, es256, s.object("client_id", nil)),
		"client_id of another":  keys.sign(t, es256, s.object("client_id", "web")),
		"sub as in a proof":     keys.sign(t, es256, s.object("sub", "own")),
		"an object inside":      keys.sign(t, es256, s.object("request", good)),
		"a reference inside":    keys.sign(t, es256, s.object("request_uri", "urn:ietf:params:oauth:request_uri:x")),
		"a name twice":          keys.signText(t, es256, twice(t, s.object(), `"state":%q`, "a")),
		"another spelling":      keys.signText(t, es256, twice(t, s.object("exp", nil), `"EXP":%d`, s.clock().Add(time.Minute).Unix())),
		"a list of states":      keys.sign(t, es256, s.object("state", []string{"a"})),
		"a number as a nonce":   keys.sign(t, es256, s.object("nonce", 1)),
		"null as a scope":       keys.signText(t, es256, twice(t, s.object("scope", nil), `"scope":null%s`, json.RawMessage(""))),
		"not UTF-8":             keys.signText(t, es256, twice(t, s.object("nonce", nil), "\"nonce\":\"\xff%s\"", "")),
		"typ of an assertion":   keys.sign(t, map[string]any{"alg": "ES256", "kid": "e", "typ": "client-authentication+jwt"}, s.object()),
		"its long form":         keys.sign(t, map[string]any{"alg": "ES256", "kid": "e", "typ": "application/client-authentication+jwt"}, s.object()),
		"typ of a token":        keys.sign(t, map[string]any{"alg": "ES256", "kid": "e", "typ": "at+jwt"}, s.object()),
		"a critical extension":  keys.sign(t, map[string]any{"alg": "ES256", "kid": "e", "crit": []string{"b64"}, "b64": true}, s.object()),
		"too large":             keys.sign(t, es256, s.object("state", strings.Repeat("s", 9000))),
		"without redirect_uri":  keys.sign(t, es256, s.object("redirect_uri", nil)),
		"redirect_uri no text":  keys.sign(t, es256, s.object("redirect_uri", 1)),
		"a key in its header":   other.sign(t, map[string]any{"alg": "ES256", "jwk": other.public()}, s.object()),
		"an unregistered kid":   keys.sign(t, map[string]any{"alg": "ES256", "kid": "x"}, s.object()),
		"signed as another alg": keys.sign(t, map[string]any{"alg": "RS256", "kid": "e"}, s.object()),
	} {
		t.Run(name, func(t *testing.T) {
			values := asking("own", "request", raw)
			if len(values.Encode()) < 8<<10 {
				toldNo(t, s.authorize(t, values), "invalid_request_object")
			}
			refused(t, s.push(t, "own", values), 400, "invalid_request_object")
			refused(t, s.push(t, "own", url.Values{"request": {raw}}), 400, "invalid_request_object")
		})
	}
	for name, beside := range map[string]url.Values{
		"another response_type": {"response_type": {"code id_token"}}, "more scope": {"scope": {"openid email"}}, "a repeated scope": {"scope": {"openid", "openid"}},
	} {
		beside["client_id"], beside["request"] = []string{"own"}, []string{good}
		if a := s.authorize(t, beside); returned(t, a).Get("error") != "invalid_request" {
			t.Errorf("%s beside the object: sent to %s, want invalid_request", name, a.header.Get("Location"))
		}
	}
	both := asking("own", "request", good, "request_uri", "https://web.example/r")
	toldNo(t, s.authorize(t, both), "invalid_request")
	// The parameters of an object are judged as any other.
	toldNo(t, s.authorize(t, asking("own", "request", keys.sign(t, es256, s.object("scope", "account")), "scope", "")), "invalid_scope")
	toldNo(t, s.authorize(t, asking("own", "request", keys.sign(t, es256, s.object("registration", "{}")))), "registration_not_supported")
	// web has no keys.
	toldNo(t, s.authorize(t, asking("web", "request", keys.sign(t, es256, s.object("iss", "web", "client_id", "web")))), "invalid_request_object")
}

func decode(t testing.TB, segment string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatalf("decoding a segment: %v", err)
	}
	return string(text)
}

// Nothing goes to an address that the client has not registered, wherever it is named. The
// object's comes first; without one, the address beside it learns what is wrong.
func TestWhereARefusedObjectIsAnswered(t *testing.T) {
	s, keys := openObjects(t)
	unsigned := map[string]any{"alg": "none"}
	for name, values := range map[string]url.Values{
		"a foreign address in the object": asking("own", "request", keys.sign(t, es256, s.object("redirect_uri", "https://evil.test/"))),
		"unsigned":                        asking("own", "request", keys.sign(t, unsigned, s.object("redirect_uri", "https://evil.test/"))),
		"a foreign address beside it":     asking("own", "request", "x", "redirect_uri", "https://evil.test/"),
		"no address at all":               {"client_id": {"own"}, "request": {keys.sign(t, es256, s.object("redirect_uri", nil))}},
		"an unknown client":               {"client_id": {"nobody"}, "request": {keys.sign(t, es256, s.object("client_id", "nobody"))}},
		"no client beside it":             {"request": {keys.sign(t, es256, s.object())}},
		"two clients beside it":           {"client_id": {"own", "own"}, "request": {keys.sign(t, es256, s.object())}},
	} {
		if a := s.authorize(t, values); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s: status = %d, sent to %q, want 400 and no redirect", name, a.status, a.header.Get("Location"))
		}
	}
	a := s.authorize(t, url.Values{"client_id": {"own"}, "request": {keys.sign(t, unsigned, s.object("response_mode", "fragment"))}})
	if to := a.header.Get("Location"); !strings.HasPrefix(to, callback+"#") || !strings.Contains(to, "error=invalid_request_object") {
		t.Errorf("unsigned, alone: sent to %q, want the registered address, in the mode of the object", to)
	}
}

// The object may be pushed, come by POST, and expire while the person signs in.
func TestTheWayOfARequestObject(t *testing.T) {
	s, keys := openObjects(t)
	s.reregister(t, "own", func(c *store.Client) { c.RequireSignedRequestObject = true })
	alone := func() url.Values {
		return url.Values{"client_id": {"own"}, "request": {keys.sign(t, es256, s.object("exp", s.clock().Add(time.Minute).Unix()))}}
	}
	s.code(t, pushed(t, s.push(t, "own", alone()), "own"))
	s.code(t, alone())
	sealed, err := s.requests.Carry(alone())
	if err != nil {
		t.Fatalf("carrying a POST over: %v", err)
	}
	returned(t, s.get(t, sealed))

	s.signedOut()
	login := sentTo(t, s.authorize(t, alone()), "/login")
	s.advance(10 * time.Minute)
	s.signedIn(t) // in another browser, where it begins again
	returned(t, s.get(t, authorize.ResumePath(login)))
	if a := s.authorize(t, url.Values{"client_id": {"own"}, "request": {keys.sign(t, es256, s.object("exp", s.clock().Add(-time.Minute).Unix()))}}); returned(t, a).Get("error") != "invalid_request_object" {
		t.Errorf("expired: sent to %s, want invalid_request_object", a.header.Get("Location"))
	}

	toldNo(t, s.authorize(t, asking("own")), "invalid_request")
	refused(t, s.push(t, "own", asking("own")), 400, "invalid_request")
}

// A request that was signed does not stay signed for ever: an object expires a quarter of an
// hour later at our pages than elsewhere, in however many browsers they are open.
func TestASealedObjectExpires(t *testing.T) {
	s, keys := openObjects(t)
	s.reregister(t, "own", func(c *store.Client) { c.RequireSignedRequestObject = true })
	s.signedOut()
	raw := keys.sign(t, es256, s.object("exp", s.clock().Add(5*time.Minute).Unix()))
	login := sentTo(t, s.authorize(t, url.Values{"client_id": {"own"}, "request": {raw}}), "/login")
	for range 2 {
		s.advance(9 * time.Minute)
		s.signedOut()
		login = sentTo(t, s.get(t, authorize.ResumePath(login)), "/login")
	}
	s.advance(2 * time.Minute)
	toldNo(t, s.get(t, authorize.ResumePath(login)), "invalid_request_object")
	s.signedIn(t)
	toldNo(t, s.get(t, authorize.ResumePath(login)), "invalid_request_object")
}

// A request object is in URLs, so it must prove nothing about the client that sends it, even
// if it has every claim of a client assertion but its subject.
func TestARequestObjectDoesNotAuthenticate(t *testing.T) {
	s, keys := openSigner(t)
	for _, claims := range []map[string]any{
		s.assertionClaims("sub", nil, "client_id", "signer"), s.assertionClaims("sub", "ann", "client_id", "signer"),
	} {
		refused(t, s.assert(t, keys.sign(t, es256, claims)), 401, "invalid_client")
		refused(t, s.assert(t, keys.sign(t, es256, claims), "client_id", "signer"), 401, "invalid_client")
	}
	typed := map[string]any{"alg": "ES256", "kid": "e", "typ": "oauth-authz-req+jwt"}
	refused(t, s.assert(t, keys.sign(t, typed, s.assertionClaims())), 401, "invalid_client")
}

// A client that signs everything pushes its request with an assertion by the same keys, as
// FAPI 2.0 has it. Beside the reference nothing counts, not even another object.
func TestAnObjectIsPushedWithAnAssertion(t *testing.T) {
	s, keys := openObjects(t)
	s.reregister(t, "own", func(c *store.Client) {
		c.AuthMethod, c.Secrets, c.AssertionAudience = store.PrivateKeyJWT, nil, "issuer"
		c.RequirePAR, c.RequirePKCE, c.RequireSignedRequestObject = true, true, true
	})
	push := func(pairs ...string) answer {
		proof := keys.sign(t, es256, s.assertionClaims("iss", "own", "sub", "own"))
		return s.post(t, "/oauth/par", as(""), append(pairs, "client_assertion_type", assertionType, "client_assertion", proof)...)
	}
	raw := keys.sign(t, es256, s.object())
	reference := pushed(t, push("request", raw, "state", "forged", "redirect_uri", "https://evil.test/"), "own")
	reference.Set("request", keys.sign(t, es256, s.object("nonce", "other")))
	reference.Set("state", "forged")
	if q := returned(t, s.authorize(t, reference)); q.Get("state") != "st/ate +&=" || q.Get("code") == "" {
		t.Errorf("told %v, want a code and the state of the object", q)
	}
	toldNo(t, s.authorize(t, asking("own", "request", raw)), "invalid_request") // it was not pushed
	refused(t, push("request", raw, "response_type", "token"), 400, "invalid_request")
	refused(t, push("request", keys.sign(t, es256, s.object("client_id", "web"))), 400, "invalid_request_object")
	a := push("request", keys.sign(t, es256, s.object("code_challenge", nil, "code_challenge_method", nil)))
	refused(t, a, 400, "invalid_request")
	if !strings.Contains(a.text("error_description"), "code_challenge") {
		t.Errorf("description = %q, want one that names code_challenge", a.text("error_description"))
	}
}
