package protocol_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// fill sets every attribute of ann.
func (s *site) fill(t testing.TB) {
	t.Helper()
	first, last, proved, now := "Ann", "Lee", true, s.clock()
	s.write(t, func(tx store.Tx) error {
		return tx.UpdateUser(s.browser.User.ID, store.UserChange{
			FirstName: &first, LastName: &last, EmailVerified: &proved, UpdatedAt: &now,
			Profile: new(store.Profile{
				MiddleName: "B.", Nickname: "annie", Website: "https://ann.example", PageURL: "https://ann.example/me", Picture: "https://ann.example/me.png",
				Gender: "female", Birthdate: "2000-02-29", ZoneInfo: "Europe/Berlin", Locale: "de-DE", PhoneNumber: "+49301234", PhoneProved: true,
				Address: store.Address{Formatted: "A 1\nB", Street: "A 1", Locality: "B", Region: "C", PostalCode: "12345", Country: "DE"},
			}.Text()),
		})
	})
}

func TestEveryStandardClaim(t *testing.T) {
	s := openWeb(t)
	s.fill(t)
	tokens := granted(t, s.exchange(t, "own", s.code(t, asking("own", "scope", "openid profile email phone address role groups"))))
	a := s.userinfo(t, tokens.text("access_token"))
	want := map[string]any{
		"sub": annsSub, "name": "Ann Lee", "given_name": "Ann", "family_name": "Lee", "middle_name": "B.", "nickname": "annie", "preferred_username": "ann",
		"profile": "https://ann.example/me", "picture": "https://ann.example/me.png", "website": "https://ann.example", "gender": "female", "birthdate": "2000-02-29",
		"zoneinfo": "Europe/Berlin", "locale": "de-DE", "updated_at": float64(s.clock().Unix()), "email": "ann@example.com", "email_verified": true,
		"phone_number": "+49301234", "phone_number_verified": true, "role": "user", "groups": []any{"user"},
		"address": map[string]any{"formatted": "A 1\nB", "street_address": "A 1", "locality": "B", "region": "C", "postal_code": "12345", "country": "DE"},
	}
	if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || !reflect.DeepEqual(a.members, want) {
		t.Errorf("status = %d, want 200, and the claims differ (-want +got):\n%s", a.status, cmp.Diff(want, a.members))
	}
	if id := s.idToken(t, tokens); id["name"] != nil || id["email"] != nil {
		t.Errorf("claims of the person in the ID token: %v, want none", id)
	}
}

// Claims are requested by scope or individually; those without a value are left out.
func TestRequestedClaims(t *testing.T) {
	s := openWeb(t)
	tokens := granted(t, s.exchange(t, "own", s.code(t, asking("own"))))
	if a := s.userinfo(t, tokens.text("access_token")); len(a.members) != 1 {
		t.Errorf("scope openid: %s, want the subject alone", a.body)
	}
	s.fill(t)
	tokens = granted(t, s.exchange(t, "own", s.code(t, asking("own", "claims",
		`{"userinfo":{"name":{"essential":true},"picture":null,"iss":null,"role":null},"id_token":{"email":null,"groups":null,"phone_number":{"essential":true},"sub":null,"aud":{"value":"evil"},"auth_time":{"essential":true}}}`))))
	if a := s.userinfo(t, tokens.text("access_token")); len(a.members) != 4 || a.text("name") != "Ann Lee" || a.text("picture") == "" || a.text("role") != "user" {
		t.Errorf("userinfo %s, want the name, the picture, the role and the subject", a.body)
	}
	for range 2 {
		id := s.idToken(t, tokens)
		if id["email"] != "ann@example.com" || id["phone_number"] != "+49301234" || id["aud"] != "own" || id["sub"] != annsSub || id["name"] != nil || !reflect.DeepEqual(id["groups"], []any{"user"}) || id["role"] != nil {
			t.Errorf("ID token %v, want the email, the phone number and the groups that were asked for", id)
		}
		tokens = granted(t, s.refresh(t, "own", tokens.text("refresh_token")))
	}
	// The client does not get claims that it is not registered for, however it asks.
	s.reregister(t, "own", func(c *store.Client) { c.Scope = "openid email" })
	tokens = granted(t, s.exchange(t, "own", s.code(t, asking("own", "claims", `{"userinfo":{"name":{"essential":true},"email":null}}`))))
	if a := s.userinfo(t, tokens.text("access_token")); len(a.members) != 2 || a.text("email") == "" {
		t.Errorf("userinfo %s, want the email and the subject", a.body)
	}
}

// A client that reads only ID tokens has the claims of its granted scopes there, with their
// current values, however it got the token. Others have none.
func TestClaimsInIDTokens(t *testing.T) {
	s := openWeb(t)
	s.fill(t)
	listed := func(c *store.Client) { c.IDTokenClaims = []string{"email", "role", "groups", "profile"} }
	s.reregister(t, "own", listed)
	s.reregister(t, "cli", listed)
	const scope = "openid email groups phone"
	want := map[string]any{"email": "ann@example.com", "email_verified": true, "groups": []any{"user"}}
	same := func(what string, a answer, want map[string]any) answer {
		t.Helper()
		got := s.idToken(t, a)
		for _, own := range []string{"iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"} {
			delete(got, own)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: claims of the person (-want +got):\n%s", what, diff)
		}
		return a
	}
	code := same("code", s.exchange(t, "own", s.code(t, asking("own", "scope", scope))), want)
	device := s.device(t, "cli", "scope", scope)
	if err := s.devices.Decide(t.Context(), device.text("user_code"), s.browser, true); err != nil {
		t.Fatalf("deciding on the device: %v", err)
	}
	polled := same("device", s.poll(t, "cli", device), want)
	none := s.exchange(t, "web2", s.code(t, asking("web2", "scope", scope)))
	if id := s.idToken(t, none); id["email"] != nil || id["groups"] != nil {
		t.Errorf("a client that lists none: %v, want none", id)
	}

	s.write(t, func(tx store.Tx) error {
		return tx.UpdateUser(s.browser.User.ID, store.UserChange{Role: new(store.RoleStaff), EmailVerified: new(false)})
	})
	want = map[string]any{"email": "ann@example.com", "email_verified": false, "groups": []any{"staff"}}
	same("refresh of the device", s.post(t, "/oauth/token", asWeb("cli"), "grant_type", "refresh_token", "refresh_token", polled.text("refresh_token")), want)
	code = same("refresh", s.refresh(t, "own", code.text("refresh_token")), want)
	code = same("narrowed", s.refresh(t, "own", code.text("refresh_token"), "scope", "openid groups"), map[string]any{"groups": []any{"staff"}})
	same("and the scope's other claims", s.refresh(t, "own", code.text("refresh_token")), want)
	mixed := `{"id_token":{"name":null,"email":null}}`
	same("beside single claims", s.exchange(t, "own", s.code(t, asking("own", "scope", "openid role", "claims", mixed))),
		map[string]any{"name": "Ann Lee", "email": "ann@example.com", "role": "staff"})
}

// Userinfo accepts only a user's access token with openid, in a header or a form.
func TestTokensAtUserinfo(t *testing.T) {
	s := openWeb(t)
	tokens := granted(t, s.exchange(t, "own", s.code(t, asking("own", "scope", "openid email"))))
	access := tokens.text("access_token")
	by := func(method string, change func(*http.Request)) answer {
		r := httptest.NewRequest(method, "/oauth/userinfo", nil)
		change(r)
		return s.do(t, r)
	}
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add("Authorization", value) }
	}
	body := func(text, kind string) func(*http.Request) {
		return func(r *http.Request) {
			*r = *httptest.NewRequest(http.MethodPost, r.URL.String(), strings.NewReader(text))
			r.Header.Set("Content-Type", kind)
		}
	}
	both := func(r *http.Request) {
		body("access_token="+access, formType)(r)
		header("Bearer " + access)(r)
	}
	other := granted(t, s.exchange(t, "own", s.code(t, asking("own", "scope", "email"))))
	own := granted(t, s.post(t, "/oauth/token", as("robot"), "grant_type", "client_credentials"))
	for _, tt := range []struct {
		name   string
		answer answer
		status int
		code   string
	}{
		{"header", by("GET", header("Bearer "+access)), 200, ""},
		{"header, any case", by("GET", header("bEARER "+access)), 200, ""},
		{"header, more spaces than one", by("GET", header("Bearer  "+access)), 200, ""},
		{"header by POST", by("POST", header("Bearer "+access)), 200, ""},
		{"form", by("POST", body("access_token="+access, formType)), 200, ""},
		{"nothing", by("GET", func(*http.Request) {}), 401, ""},
		{"another scheme", by("GET", header("Basic "+access)), 401, ""},
		{"query", by("GET", func(r *http.Request) { r.URL.RawQuery = "access_token=" + access }), 400, "invalid_request"},
		{"header and form", by("POST", both), 400, "invalid_request"},
		{"two headers", by("GET", func(r *http.Request) { header("Bearer " + access)(r); header("Bearer " + access)(r) }), 400, "invalid_request"},
		{"JSON", by("POST", body(`{"access_token":"`+access+`"}`, "application/json")), 400, "invalid_request"},
		{"empty", by("GET", header("Bearer ")), 400, "invalid_request"},
		{"two words", by("GET", header("Bearer "+access+" x")), 400, "invalid_request"},
		{"garbage", by("GET", header("Bearer x.y.z")), 401, "invalid_token"},
		{"refresh token", by("GET", header("Bearer "+tokens.text("refresh_token"))), 401, "invalid_token"},
		{"ID token", by("GET", header("Bearer "+tokens.text("id_token"))), 401, "invalid_token"},
		{"a client's own", by("GET", header("Bearer "+own.text("access_token"))), 401, "invalid_token"},
		{"without openid", by("GET", header("Bearer "+other.text("access_token"))), 403, "insufficient_scope"},
	} {
		challenge := tt.answer.header.Get("WWW-Authenticate")
		if tt.answer.status != tt.status || tt.answer.text("error") != tt.code || (tt.status > 400) != strings.HasPrefix(challenge, "Bearer ") {
			t.Errorf("%s: status %d %s, challenge %q, want %d %s", tt.name, tt.answer.status, tt.answer.body, challenge, tt.status, tt.code)
		}
		if tt.answer.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: header %v, want no-store", tt.name, tt.answer.header)
		}
	}
	s.write(t, func(tx store.Tx) error {
		_, err := tx.EndAll(store.End{UserID: s.browser.User.ID, Reason: "test", At: s.clock()})
		return errors.Join(err)
	})
	if a := s.userinfo(t, access); a.status != http.StatusUnauthorized {
		t.Errorf("status %d after the end of the session, want 401", a.status)
	}
}

// What the person took away from the app is not told, although the token has it, nor what
// the app asked for by name.
func TestClaimsOfAScopeThatWasTakenAway(t *testing.T) {
	s := openWeb(t)
	s.fill(t)
	tokens := granted(t, s.exchange(t, "own", s.code(t, asking("own", "scope", "openid email phone", "claims", `{"userinfo":{"email":null,"phone_number":null}}`))))
	withdraw := func(withdrawn string) {
		s.write(t, func(tx store.Tx) error {
			return tx.PutConsent(store.Consent{UserID: s.browser.User.ID, ClientID: "own", Scope: "openid", Withdrawn: withdrawn})
		})
	}
	withdraw("email")
	a := s.userinfo(t, tokens.text("access_token"))
	if a.status != http.StatusOK || a.members["email"] != nil || a.members["phone_number"] != "+49301234" {
		t.Errorf("without email: %d %s, want the number alone", a.status, a.body)
	}
	withdraw("openid email")
	if a := s.userinfo(t, tokens.text("access_token")); a.status != http.StatusForbidden || !strings.Contains(a.header.Get("WWW-Authenticate"), "insufficient_scope") {
		t.Errorf("without openid: %d %s, want 403", a.status, a.body)
	}
}
