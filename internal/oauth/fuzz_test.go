package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

func basicHeader(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// Whatever credentials are accepted are those that a client would encode that way.
func FuzzBasic(f *testing.F) {
	for _, s := range [][2]string{
		{basicHeader("shop", "secret"), ""}, {basicHeader("odd:id%", "a+b c"), "odd:id%"}, {basicHeader("", "x"), ""}, {basicHeader("shop", ""), "other"},
		{"basic   c2hvcDpz", ""}, {"Basic c2hvcA==", ""}, {"Basic c2hvcDpz\n", ""}, {"Bearer x", ""}, {"Basic " + base64.StdEncoding.EncodeToString([]byte("a%zz:b")), ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, header, bodyID string) {
		got, err := fromHeader(header, bodyID)
		if err != nil {
			if !errors.Is(err, InvalidClient) && !errors.Is(err, InvalidRequest) {
				t.Errorf("%q: err = %v, want InvalidClient or InvalidRequest", header, err)
			}
			return
		}
		if got.id == "" || len(got.id) > maxClientID || got.method != store.SecretBasic || bodyID != "" && bodyID != got.id {
			t.Errorf("%q and %q give %+v, want a single client that both agree on", header, bodyID, got)
		}
		if again, err := fromHeader(basicHeader(got.id, got.secret), got.id); err != nil || again != got {
			t.Errorf("what was kept comes back as %+v, %v; want %+v", again, err, got)
		}
	})
}

// Whatever ways to authenticate a request shows, one is taken, and it names one client.
func FuzzPresented(f *testing.F) {
	assertion := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"shop","SUB":"other"}`)) + ".AAAA"
	for _, s := range [][2]string{
		{"client_id=shop", ""}, {"client_id=shop&client_secret=s", ""}, {"client_id=shop&client_secret=s", basicHeader("shop", "s")}, {"", basicHeader("shop", "s")},
		{"client_assertion=" + assertion + "&client_assertion_type=" + url.QueryEscape(assertionType), ""}, {"client_assertion=x&client_assertion_type=" + url.QueryEscape(assertionType), ""},
		{"client_id=shop&client_assertion=" + assertion, ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, body, header string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		r := httptest.NewRequest(http.MethodPost, "/oauth/token", nil)
		r.PostForm = form
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		got, err := presented(r)
		if err != nil {
			return
		}
		ways := 0
		for _, shown := range []bool{header != "", form.Get("client_secret") != "", form.Has("client_assertion")} {
			if shown {
				ways++
			}
		}
		if ways > 1 || got.id == "" || len(got.id) > maxClientID || form.Get("client_id") != "" && form.Get("client_id") != got.id {
			t.Errorf("%q and %q give %+v, want a single client that both agree on", body, header, got)
		}
	})
}

// An assertion whose claims are accepted is the client's, for us, and for now.
func FuzzAssertionClaims(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	for _, s := range []string{
		`{"iss":"shop","sub":"shop","aud":"https://id.example","jti":"1","exp":1800000060}`, `{"iss":"shop","sub":"shop","aud":["x","https://id.example/oauth/token"],"jti":"1","exp":1800000060.5,"iat":1e9}`,
		`{"iss":"shop","sub":"shop","aud":"https://id.example","jti":"1","exp":1e300}`, `{"iss":"shop","sub":"shop","aud":null,"jti":"1","exp":-1}`, `{"aud":[[]]}`, `{"exp":"1800000060"}`,
	} {
		f.Add([]byte(s))
	}
	s := &Assertions{Issuer: "https://id.example", Now: func() time.Time { return now }}
	r := httptest.NewRequest(http.MethodPost, "/oauth/token", nil)
	f.Fuzz(func(t *testing.T, payload []byte) {
		var a assertion
		if json.Unmarshal(payload, &a) != nil || s.judge(r, store.Client{ID: "shop"}, a) != nil {
			return
		}
		life := seconds(a.Expires).Sub(now)
		if a.Issuer != "shop" || a.Subject != "shop" || a.JTI == "" || life <= 0 || life > assertionLife+assertionSkew {
			t.Errorf("%s lives %v, want at most %v, of and for the client shop", payload, life, assertionLife+assertionSkew)
		}
		if !slices.ContainsFunc(a.Audience.values, func(v string) bool { return strings.HasPrefix(v, "https://id.example") }) {
			t.Errorf("%s is for %q, want an address of ours", payload, a.Audience.values)
		}
	})
}

// A verifier is right for its own challenge alone (RFC 7636 §4.1, §4.6).
func FuzzVerified(f *testing.F) {
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	for _, s := range [][2]string{{"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", verifier}, {"", ""}, {"", verifier}, {verifier, verifier}, {"x", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, challenge, verifier string) {
		sum := sha256.Sum256([]byte(verifier))
		own := base64.RawURLEncoding.EncodeToString(sum[:])
		if verified(challenge, verifier) && (challenge != own || len(verifier) < 43 || len(verifier) > 128) && challenge+verifier != "" {
			t.Errorf("%q opens %q, want the verifier of the challenge alone", verifier, challenge)
		}
		if verified(own, verifier) && strings.ContainsAny(verifier, " +/=%\x00") {
			t.Errorf("the verifier %q was accepted, want unreserved characters alone", verifier)
		}
	})
}

// Until the address is known to be the client's, nothing is sent anywhere; and
// what is accepted is within the client's registration.
func FuzzAuthorize(f *testing.F) {
	const good = "client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fcb&response_type=code"
	for _, s := range []string{
		good, good + "&state=a%26b&scope=openid&nonce=n&prompt=login+consent&max_age=0&ui_locales=de+en", good + "&claims=%7B%22userinfo%22%3A%7B%22email%22%3Anull%7D%7D",
		good + "&scope=admin", good + "&state=1&state=2", good + "&response_mode=form_post&prompt=none+login", good + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
		good + "&code_challenge=x&code_challenge_method=plain", "client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fcb%2F..", "client_id=spa&redirect_uri=http%3A%2F%2F127.0.0.1%3A7%2Fcb&response_type=code", good + "&state=%ff",
	} {
		f.Add(s)
	}
	spa := store.Client{ID: "spa", AuthMethod: store.NoSecret, Scope: "openid", RedirectURIs: []string{"http://127.0.0.1/cb"}, GrantTypes: []string{grant.AuthorizationCode}}
	at := endpoint()
	at.Clients = known{"web": at.Clients.(known)["web"], "spa": spa}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		req, err := at.examine(t.Context(), values, false)
		var told *refusal
		if errors.As(err, &told) {
			req = told.req
		} else if err != nil {
			return
		}
		if !redirectRegistered(req.client, req.redirectURI) {
			t.Fatalf("%q is answered at %q, want a registered address", query, req.redirectURI)
		}
		leadsBack(t, req)
		if err == nil && (!req.scope.Within(authz.Scope(req.client.Scope)) || !req.asked.Within(authz.Scope(req.client.Scope)) || req.client.Public() && req.get("code_challenge") == "") {
			t.Errorf("%q was accepted for %q, want no more than is registered", query, req.asked)
		}
	})
}

// leadsBack: an answer goes to the registered host, and brings the state as it came.
func leadsBack(t *testing.T, req *authorizeRequest) {
	t.Helper()
	location := Answer{RedirectURI: req.redirectURI, Parameters: url.Values{"code": {"c"}, "state": {req.state()}}}.Location()
	to, err := url.Parse(location)
	from, fromErr := url.Parse(req.redirectURI)
	if err != nil || fromErr != nil || to.Host != from.Host || to.Path != from.Path || to.Fragment != "" || to.Query().Get("state") != req.state() {
		t.Errorf("%q leads to %q, %v; want the same place, with the state", req.redirectURI, location, err)
	}
}

// What was not sealed here does not open, in time or out of it.
func FuzzContinuation(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	c := Continuations{Now: func() time.Time { return now }}
	c.Sealer.Keys = cursor.Fixed([32]byte{1})
	sealed, err := c.Seal(Continuation{Query: "client_id=web&state=%00", Began: now.UnixMilli(), Browser: "b"})
	if err != nil {
		f.Fatalf("sealing the text: %v", err)
	}
	logout, err := (&Logouts{Sealer: c.Sealer, Now: c.Now}).Seal(Logout{ClientID: "web"})
	if err != nil {
		f.Fatalf("sealing the text: %v", err)
	}
	for _, s := range []string{sealed, logout, sealed + "=", sealed[:20], "", "AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := c.Open(raw); err == nil && raw != sealed {
			t.Errorf("%q was opened", raw)
		}
	})
}

// A user code is one of ours, and is read in no two ways (RFC 8628 §6.1).
func FuzzUserCode(f *testing.F) {
	for _, s := range []string{"BCDF-GHJK", "bcdf ghjk", "b.c_d-f g h j k", "BCDFGHJ", "ſſſſſſſſ", strings.Repeat("-", 60) + "BCDFGHJK"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := canonical(typed)
		if !ok {
			return
		}
		if len(code) != userCodeLength || strings.ContainsFunc(code, func(r rune) bool { return !strings.ContainsRune(userCodeLetters, r) }) {
			t.Errorf("%q is read as %q, want letters of a user code", typed, code)
		}
		if again, ok := canonical(readable(code)); !ok || again != code {
			t.Errorf("%q is shown as %q, which is %q, want the same", code, readable(code), again)
		}
	})
}

// A logout leads to an address of the app that asked, or nowhere.
func FuzzLogout(f *testing.F) {
	for _, s := range []string{
		"client_id=web&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye&state=a%26b", "post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye", "client_id=web&post_logout_redirect_uri=https%3A%2F%2Fevil.test",
		"client_id=web&id_token_hint=x&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye", "client_id=web&client_id=x", "client_id=web&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye%3Fq&state=%23",
	} {
		f.Add(s)
	}
	returns := []string{"https://web.example/bye", "https://web.example/bye?q"}
	l := &Logouts{Clients: known{"web": {ID: "web", PostLogoutRedirectURIs: returns}}, Hints: noHints{}, Now: func() time.Time { return time.Unix(0, 0) }}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		out, err := l.Parse(t.Context(), values)
		if err != nil || out.Location() == "" {
			return
		}
		to, err := url.Parse(out.Location())
		if err != nil || to.Scheme != "https" || to.Host != "web.example" || to.Path != "/bye" || to.Fragment != "" || out.ClientID != "web" || out.Subject != "" {
			t.Errorf("%q leads to %q, %v; want https://web.example/bye", query, out.Location(), err)
		}
	})
}

// What is granted is within the registration, whatever is asked for.
func FuzzGrantedScope(f *testing.F) {
	for _, s := range [][2]string{{"openid account", "openid"}, {"openid account", ""}, {"openid", "openid admin"}, {"", "openid"}, {"openid", "OPENID"}, {"openid", "openid openid"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, registered, raw string) {
		asked, err := ParseScope(raw)
		if err != nil {
			return
		}
		granted, err := grantedScope(store.Client{Scope: registered}, asked)
		if err != nil {
			return
		}
		for _, token := range granted.Tokens() {
			if !slices.Contains(strings.Fields(registered), token) {
				t.Errorf("%q of %q grants %q, want no more than is registered", raw, registered, granted)
			}
		}
	})
}
