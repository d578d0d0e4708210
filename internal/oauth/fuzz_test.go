package oauth

import (
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
)

// A granted scope is within the registration, whatever the client asks for.
func FuzzGrantedScope(f *testing.F) {
	for _, s := range [][2]string{{"openid account", "openid"}, {"openid account", ""}, {"openid", "openid admin"}, {"", "openid"}, {"openid", "OPENID"}, {"openid", "openid openid"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, registered, raw string) {
		asked, err := ParseScope(raw)
		if err != nil {
			return
		}
		granted, err := GrantedScope(store.Client{Scope: registered}, asked)
		if err != nil {
			return
		}
		for _, token := range granted.Tokens() {
			if !slices.Contains(strings.Fields(registered), token) {
				t.Errorf("%q of %q grants %q, want no more than the registered scope", raw, registered, granted)
			}
		}
	})
}
