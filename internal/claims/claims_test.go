package claims_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/claims"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	u := store.User{Username: "ann", Email: "ann@example.com", JoinedAt: time.Unix(7, 0)}
	got := claims.Of(u, store.Profile{}, claims.ForScope("profile email address phone"))
	text, err := json.Marshal(got)
	if err != nil || string(text) != `{"email":"ann@example.com","email_verified":false,"preferred_username":"ann","updated_at":7}` {
		t.Errorf("claims %s, %v; want the email, the username and the time alone", text, err)
	}
}

func TestEveryClaimHasAValue(t *testing.T) {
	u := store.User{Sub: "s", Username: "u", Email: "e", FirstName: "f", LastName: "l", Role: store.RoleUser, UpdatedAt: time.Unix(7, 0)}
	var p store.Profile
	for _, a := range profile.Texts {
		*a.Text(&p) = a.Example
	}
	got := claims.Of(u, p, claims.Supported())
	for _, name := range claims.Supported() {
		if _, ok := got[name]; !ok && name != "sub" {
			t.Errorf("%s has no value, want one", name)
		}
	}
}

func TestParse(t *testing.T) {
	r, err := claims.Parse(`{"userinfo":{"name":null,"email":{"essential":true,"extra":1}},"id_token":{"sub":{"value":"s"},"picture":null},"other":7}`)
	if err != nil || r.Scope() != "profile email" || r.Subject() != "s" {
		t.Errorf(`read %+v, %v; want the scope "profile email" and the subject "s"`, r, err)
	}
	kept := r.Within("openid email")
	if !slices.Equal(kept.FromUserinfo(), []string{"email"}) || len(kept.FromIDToken()) != 0 {
		t.Errorf("kept %+v, want [email] from UserInfo and nothing in the ID token", kept)
	}
	again, err := claims.Parse(kept.String())
	if err != nil || again.String() != kept.String() || (claims.Request{}).String() != "" {
		t.Errorf("read again as %q, %v; want %q", again, err, kept.String())
	}
	for _, bad := range []string{"{", "[]", "1", `{"userinfo":[]}`, `{"userinfo":{"name":"x"}}`, "{}{}",
		`{"userinfo":{"email":null},"userinfo":{}}`, `{"id_token":{"sub":{"value":"a"},"sub":{"value":"b"}}}`, `{"id_token":{"sub":{"value":"a","value":"b"}}}`,
		strings.Repeat(" ", 5000)} {
		if _, err := claims.Parse(bad); err == nil {
			t.Errorf("%.20q was read, want an error", bad)
		}
	}
}

// Names are case-sensitive, so these are unknown and ignored.
func TestParseComparesNamesExactly(t *testing.T) {
	r, err := claims.Parse(`{"USERINFO":{"email":null},"Id_Token":{"phone_number":null},"id_token":{"SUB":{"value":"s"},"sub":{"VALUE":"s"}}}`)
	if err != nil || r.Scope() != "" || r.Subject() != "" {
		t.Errorf("read %+v, %v; want neither a scope nor a subject", r, err)
	}
}

func TestTheACRsThatAClientAsksFor(t *testing.T) {
	for raw, want := range map[string]struct {
		values    []string
		essential bool
	}{
		"": {}, `{"id_token":{"acr":null}}`: {}, `{"id_token":{"acr":{"essential":true}}}`: {}, `{"id_token":{"acr":{"values":["x"]}}}`: {[]string{"x"}, false},
		`{"id_token":{"acr":{"essential":true,"values":["x"]}}}`: {[]string{"x"}, true}, `{"id_token":{"acr":{"essential":true,"value":"x"}}}`: {[]string{"x"}, true},
		`{"id_token":{"acr":{"essential":true,"values":["x",1,"y"]}}}`: {[]string{"x", "y"}, true}, `{"id_token":{"acr":{"essential":true,"value":1}}}`: {nil, true},
	} {
		r, err := claims.Parse(raw)
		values, essential := r.ACR()
		if err != nil || !slices.Equal(values, want.values) || essential != want.essential {
			t.Errorf("%s: %q, essential %t, %v; want %q, %t", raw, values, essential, err, want.values, want.essential)
		}
	}
}
