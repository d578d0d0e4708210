package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gatehouse/handlers"
)

const formType = "application/x-www-form-urlencoded"

func post(target, body string, types ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	for _, ct := range types {
		r.Header.Add("Content-Type", ct)
	}
	return r
}

func manyParameters(n int) string {
	pairs := make([]string, n)
	for i := range pairs {
		pairs[i] = fmt.Sprintf("p%d=1", i)
	}
	return strings.Join(pairs, "&")
}

func TestForm(t *testing.T) {
	get := post("/oauth/token", "a=1", formType)
	get.Method = http.MethodGet
	zipped := post("/oauth/token", "a=1", formType)
	zipped.Header.Set("Content-Encoding", "gzip")

	tests := []struct {
		name   string
		r      *http.Request
		status int // 0: accepted
	}{
		{"plain", post("/oauth/token", "grant_type=password&username=ann", formType), 0},
		{"with charset", post("/oauth/token", "a=1", formType+"; charset=UTF-8"), 0},
		{"type in capitals", post("/oauth/token", "a=1", strings.ToUpper(formType)), 0},
		{"empty", post("/oauth/token", "", formType), 0},
		{"a harmless query", post("/oauth/token?lang=en", "a=1", formType), 0},
		{"64 parameters", post("/oauth/token", manyParameters(64), formType), 0},
		{"64 KiB", post("/oauth/token", "a="+strings.Repeat("x", 64<<10-2), formType), 0},

		{"GET", get, 405},
		{"no type", post("/oauth/token", "a=1"), 400},
		{"two types", post("/oauth/token", "a=1", formType, formType), 400},
		{"JSON", post("/oauth/token", `{"a":1}`, "application/json"), 400},
		{"multipart", post("/oauth/token", "a=1", "multipart/form-data; boundary=x"), 400},
		{"compressed", zipped, 400},
		{"repeated", post("/oauth/token", "scope=a&scope=b", formType), 400},
		{"repeated with the same value", post("/oauth/token", "a=1&a=1", formType), 400},
		{"repeated without values", post("/oauth/token", "a=&a=", formType), 400},
		{"repeated in another spelling", post("/oauth/token", "scope=a&%73cope=b", formType), 400},
		{"bad escape", post("/oauth/token", "a=%zz", formType), 400},
		{"semicolon", post("/oauth/token", "a=1;b=2", formType), 400},
		{"not UTF-8", post("/oauth/token", "a=%ff", formType), 400},
		{"name not UTF-8", post("/oauth/token", "%ff=1", formType), 400},
		{"secret in the query", post("/oauth/token?client_secret=x", "a=1", formType), 400},
		{"password in the query", post("/oauth/token?password=x", "a=1", formType), 400},
		{"token in the query", post("/oauth/revoke?token=x", "a=1", formType), 400},
		{"65 parameters", post("/oauth/token", manyParameters(65), formType), 400},
		{"a hundred thousand parameters", post("/oauth/token", strings.Repeat("&", 60_000), formType), 400},
		{"more than 64 KiB", post("/oauth/token", "a="+strings.Repeat("x", 64<<10-1), formType), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := handlers.Form(tt.r)
			var refused *handlers.FormError
			if errors.As(err, &refused); tt.status == 0 && err != nil || tt.status != 0 && (refused == nil || refused.Status != tt.status) {
				t.Errorf("err = %#v, want status %d", err, tt.status)
			}
		})
	}
}

func TestFormHidesTheQueryFromLaterReaders(t *testing.T) {
	r := post("/oauth/token?grant_type=password&scope=admin", "grant_type=refresh_token&empty=", formType)
	form, err := handlers.Form(r)
	if err != nil {
		t.Fatalf("reading the form: %v", err)
	}
	if got := r.FormValue("grant_type"); got != "refresh_token" {
		t.Errorf(`grant_type %q, want "refresh_token"`, got)
	}
	if got := r.FormValue("scope"); got != "" {
		t.Errorf("scope %q came from the query, want no scope", got)
	}
	if form.Has("empty") {
		t.Error("a parameter without a value counts, want it left out (RFC 6749 §3.2)")
	}
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "a=1", "a=1&a=2", "a=%zz", "%61=1&a=2", "a=1;b=2", "a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := handlers.Form(post("/oauth/token", body, formType))
		if err != nil {
			return
		}
		// An accepted form has each parameter once, and survives encoding and parsing.
		for name, values := range form {
			if len(values) != 1 || values[0] == "" {
				t.Errorf("%q has the values %q, want one", name, values)
			}
		}
		again, err := url.ParseQuery(form.Encode())
		if err != nil || len(again) != len(form) {
			t.Errorf("%q does not read back: %v", form, err)
		}
	})
}
