package clientauth

import (
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

	"gatehouse/internal/oauth"
	"gatehouse/store"
)

func basicHeader(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// Accepted credentials are those that a client would encode that way.
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
			if !errors.Is(err, oauth.InvalidClient) && !errors.Is(err, oauth.InvalidRequest) {
				t.Errorf("%q: err = %v, want InvalidClient or InvalidRequest", header, err)
			}
			return
		}
		if got.id == "" || len(got.id) > oauth.MaxClientID || (got.method == store.SecretBasic) != (got.secret != "") || got.secret == "" && got.method != store.NoSecret || bodyID != "" && bodyID != got.id {
			t.Errorf("%q and %q give %+v, want a single client that both agree on", header, bodyID, got)
		}
		if again, err := fromHeader(basicHeader(got.id, got.secret), got.id); err != nil || again != got {
			t.Errorf("what was kept comes back as %+v, %v; want %+v", again, err, got)
		}
	})
}

// A request that is accepted uses one method of authentication and names one client.
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
		if ways > 1 || got.id == "" || len(got.id) > oauth.MaxClientID || form.Get("client_id") != "" && form.Get("client_id") != got.id {
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
		`{"iss":"shop","sub":"shop","aud":"https://id.example","jti":"1","EXP":1800000060}`, `{"iss":"shop","sub":"shop","aud":"https://id.example","jti":"1","exp":1,"exp":1800000060}`,
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
			t.Errorf("%s lives %v, want at most %v, and iss and sub shop", payload, life, assertionLife+assertionSkew)
		}
		if !slices.ContainsFunc(a.Audience.values, func(v string) bool { return strings.HasPrefix(v, "https://id.example") }) {
			t.Errorf("%s is for %q, want an address of ours", payload, a.Audience.values)
		}
	})
}
