package oauth_test

import (
	"errors"
	"strings"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
)

func TestParseScope(t *testing.T) {
	tests := []struct {
		name, raw string
		want      authz.Scope
		refused   bool
	}{
		{"none", "", "", false},
		{"one", "openid", "openid", false},
		{"order is kept", "profile openid", "profile openid", false},
		{"repetitions collapse", "openid email openid openid email", "openid email", false},
		{"five hundred times the same", strings.Repeat("openid ", 500), "openid", false},
		{"blanks collapse", " openid  email ", "openid email", false},
		{"blanks alone", "  ", "", false},
		{"unknown ones are ignored", "openid email groups !#[]~users:read", "openid email", false},
		{"a thousand unknown ones", strings.Repeat("a b ", 1000) + "openid", "openid", false},
		{"another spelling", "openid OPENID", "openid", false},
		{"unknown ones alone", "groups roles", "", true},
		{"a quotation mark", `openid a"b`, "", true},
		{"a backslash", `a\b`, "", true},
		{"a tab", "a\tb", "", true},
		{"a line feed", "a\nb", "", true},
		{"a NUL", "a\x00", "", true},
		{"not ASCII", "ä", "", true},
		{"a blank of another kind", "a\u00a0b", "", true},
		{"too long", strings.Repeat("a", 4097), "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := oauth.ParseScope(tt.raw)
			if got != tt.want || errors.Is(err, oauth.InvalidScope) != tt.refused {
				t.Errorf("got %q, %v; want %q, refused: %t", got, err, tt.want, tt.refused)
			}
		})
	}
}

func FuzzParseScope(f *testing.F) {
	for _, s := range []string{"", "openid", " a  b", "a\x00", `"`, "ä b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := oauth.ParseScope(raw)
		if err != nil {
			return
		}
		// An accepted scope reads back as itself and adds nothing to the input.
		again, err := oauth.ParseScope(string(got))
		if err != nil || again != got {
			t.Errorf("scope read a second time = %q, %v, want %q", again, err, got)
		}
		for _, token := range got.Tokens() {
			if !strings.Contains(raw, token) {
				t.Errorf("token %q, want a part of %q", token, raw)
			}
		}
	})
}
