package system_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
)

// TestFIPS140 lets Go refuse all cryptography that FIPS 140-3 does not have, on every
// back-end: the server says what it needs, people keep their passwords, and another library
// verifies the tokens.
func TestFIPS140(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, b.settings(t)...)
			s.run(t, "", "migrate", "up")
			ann := s.create(t, "ann", "user") // with argon2id
			s.settings = append(s.settings, "GODEBUG=fips140=only")
			if _, said, code := s.try(t, "", "serve"); code == 0 || !strings.Contains(said, "GATEHOUSE_PASSWORD_HASH argon2id is not approved") {
				t.Errorf("with argon2id the start ends with %d, want a refusal that names the setting: %s", code, said)
			}
			s.settings = append(s.settings, "GATEHOUSE_PASSWORD_HASH=pbkdf2")
			s.a = s.start(t, "A")
			s.register(t)
			keys := oidc.NewRemoteKeySet(t.Context(), s.a.base+"/.well-known/jwks.json")
			for _, who := range []person{ann, ann, s.create(t, "bob", "user")} { // ann's hash is renewed at the first sign-in
				got := s.signIn(t, s.a, who, s.shop)
				if _, err := keys.VerifySignature(t.Context(), got.access); err != nil {
					t.Errorf("%s: verifying the access token: %v", who.name, err)
				}
				s.a.ask(s.shop.refresh(got.refresh)).must(t, http.StatusOK)
				s.a.ask(s.shop.introspect(got.access)).must(t, http.StatusOK)
			}
			if out := s.run(t, "", "version"); !strings.Contains(out, " FIPS 140-3 module ") || !strings.HasSuffix(out, ", enforced\n") {
				t.Errorf("the version is %q, want the module in it", out)
			}
			if out, _, _ := s.try(t, "", "doctor"); !strings.Contains(out, "enforced; passwords are hashed with pbkdf2") {
				t.Errorf("doctor says %q, want the mode and the hash", out)
			}
		})
	}
}
