package keys

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"gatehouse/store"
)

// A resource server has nothing from us but the JWKS.
func TestAResourceServerReadsOurTokensWithTheJWKS(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	set := readsByTheJWKS(t, r, mustSign(t, r, "at+jwt", map[string]any{"iss": "https://id.example", "sub": "x"}))
	public, _ := set.Key(0)
	digest, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatalf("computing the thumbprint: %v", err)
	}
	if want := base64.RawURLEncoding.EncodeToString(digest); public.KeyID() != want {
		t.Errorf("kid %s, want %s", public.KeyID(), want)
	}
}

// readsByTheJWKS reads a token of the issuer https://id.example about x with the ring's
// JWKS, and returns that.
func readsByTheJWKS(t *testing.T, r *Ring, token string) jwk.Set {
	t.Helper()
	set, err := jwk.Parse(mustJWKS(t, r).Body)
	if err != nil {
		t.Fatalf("parsing the JWKS: %v", err)
	}
	parsed, err := jwt.ParseString(token, jwt.WithKeySet(set), jwt.WithIssuer("https://id.example"))
	if err != nil {
		t.Fatalf("parsing the token: %v", err)
	}
	if parsed.Subject() != "x" {
		t.Errorf(`sub %q, want "x"`, parsed.Subject())
	}
	return set
}

// RS256 is deterministic, so two implementations agree byte for byte.
func TestAnotherImplementationSignsTheSame(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	k := r.current.Load().rings[store.RS256][0]
	headers := jws.NewHeaders()
	for name, value := range map[string]string{"kid": k.ID, "typ": "at+jwt"} {
		if err := headers.Set(name, value); err != nil {
			t.Fatalf("setting the header: %v", err)
		}
	}
	theirs, err := jws.Sign([]byte(somePayload), jws.WithKey(jwa.RS256, k.signer.(*rsa.PrivateKey), jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatalf("signing the token: %v", err)
	}
	if mine := mustSign(t, r, "at+jwt", map[string]string{"sub": "x"}); mine != string(theirs) {
		t.Errorf("the token signed by us:\n%s\nwant as by jwx:\n%s", mine, theirs)
	}
}
