package protocol_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/grant"
	"gatehouse/store"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signers are a client's keys, one of each accepted kind, and their JWK Set.
type signers struct {
	rsa     *rsa.PrivateKey
	ecdsa   *ecdsa.PrivateKey
	ed25519 ed25519.PrivateKey
	jwks    string
}

func newSigners(t testing.TB) signers {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("generating an RSA key: %v", err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("generating an ECDSA key: %v", err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating an Ed25519 key: %v", err)
	}
	var x, y [32]byte
	e.X.FillBytes(x[:])
	e.Y.FillBytes(y[:])
	jwks := fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"r","n":%q,"e":"AQAB"},{"kty":"EC","crv":"P-256","kid":"e","x":%q,"y":%q},{"kty":"OKP","crv":"Ed25519","kid":"d","x":%q,"use":"sig"},{"kty":"oct","kid":"o","k":"c2VjcmV0"}]}`,
		b64(r.N.Bytes()), b64(x[:]), b64(y[:]), b64(d.Public().(ed25519.PublicKey)))
	return signers{r, e, d, jwks}
}

// public returns the JWK of the ECDSA key.
func (k signers) public() json.RawMessage {
	var set struct{ Keys []json.RawMessage }
	_ = json.Unmarshal([]byte(k.jwks), &set)
	return set.Keys[1]
}

// sign makes a JWT; for an unknown alg the signature is empty.
func (k signers) sign(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatalf("marshalling the JSON: %v", err)
	}
	return k.signText(t, header, body)
}

// twice returns the claims as JSON with one more member before them.
func twice(t testing.TB, claims map[string]any, member string, value any) []byte {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatalf("marshalling the JSON: %v", err)
	}
	return []byte("{" + fmt.Sprintf(member, value) + "," + string(body[1:]))
}

// signText is sign for claims that are JSON already.
func (k signers) signText(t testing.TB, header map[string]any, claims []byte) string {
	t.Helper()
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatalf("marshalling the JSON: %v", err)
	}
	input := b64(head) + "." + b64(claims)
	sum := sha256.Sum256([]byte(input))
	var signature []byte
	switch header["alg"] {
	case "RS256":
		signature, err = rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, sum[:])
	case "PS256":
		signature, err = rsa.SignPSS(rand.Reader, k.rsa, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case "ES256":
		var r, s *big.Int
		if r, s, err = ecdsa.Sign(rand.Reader, k.ecdsa, sum[:]); err == nil {
			signature = make([]byte, 64)
			r.FillBytes(signature[:32])
			s.FillBytes(signature[32:])
		}
	case "EdDSA", "Ed25519":
		signature = ed25519.Sign(k.ed25519, []byte(input))
	case "HS256":
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(input))
		signature = mac.Sum(nil)
	}
	if err != nil {
		t.Fatalf("marshalling the JSON: %v", err)
	}
	return input + "." + b64(signature)
}

// assertionClaims returns the claims of a valid assertion. The pairs change them; nil
// removes one.
func (s *site) assertionClaims(pairs ...any) map[string]any {
	c := map[string]any{
		"iss": "signer", "sub": "signer", "aud": issuer, "jti": rand.Text(), "iat": s.clock().Unix(), "exp": s.clock().Add(time.Minute).Unix(),
	}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i].(string)] = pairs[i+1]
		if pairs[i+1] == nil {
			delete(c, pairs[i].(string))
		}
	}
	return c
}

func openSigner(t testing.TB) (*site, signers) {
	t.Helper()
	s, keys := open(t), newSigners(t)
	c := store.Client{
		ID: "signer", Name: "Signer", AuthMethod: store.PrivateKeyJWT, JWKS: keys.jwks, AssertionAudience: "any", Scope: "openid",
		GrantTypes: []string{grant.ClientCredentials}, CreatedAt: s.clock(), UpdatedAt: s.clock(),
	}
	strict := c
	strict.ID, strict.AssertionAudience = "strict", "issuer"
	s.write(t, func(tx store.Tx) error {
		if err := tx.CreateClient(strict); err != nil {
			return err
		}
		return tx.CreateClient(c)
	})
	return s, keys
}

func (s *site) assert(t testing.TB, assertion string, more ...string) answer {
	t.Helper()
	return s.post(t, "/oauth/token", as(""), append([]string{"grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", assertion}, more...)...)
}

func TestPrivateKeyJWT(t *testing.T) {
	s, keys := openSigner(t)
	for alg, kid := range map[string]string{"RS256": "r", "PS256": "r", "ES256": "e", "EdDSA": "d", "Ed25519": "d"} {
		granted(t, s.assert(t, keys.sign(t, map[string]any{"alg": alg, "kid": kid, "typ": "JWT"}, s.assertionClaims())))
		granted(t, s.assert(t, keys.sign(t, map[string]any{"alg": alg}, s.assertionClaims("aud", []string{"https://other.example", issuer + "/oauth/token"})), "client_id", "signer"))
	}
	es := map[string]any{"alg": "ES256", "kid": "e"}
	granted(t, s.assert(t, keys.sign(t, es, s.assertionClaims("iat", s.clock().Add(8*time.Second).Unix(), "nbf", s.clock().Add(8*time.Second).Unix()))))
	granted(t, s.assert(t, keys.sign(t, es, s.assertionClaims("iss", "strict", "sub", "strict"))))
}

// Every invalid assertion gets the same error, invalid_client.
func TestInvalidAssertions(t *testing.T) {
	s, keys := openSigner(t)
	other := newSigners(t)
	es := map[string]any{"alg": "ES256", "kid": "e"}
	now := s.clock()
	used := keys.sign(t, es, s.assertionClaims())
	granted(t, s.assert(t, used))
	for name, assertion := range map[string]string{
		"used before":          used,
		"wrong aud":            keys.sign(t, es, s.assertionClaims("aud", "https://other.example")),
		"issuer with a slash":  keys.sign(t, es, s.assertionClaims("aud", issuer+"/")),
		"no aud":               keys.sign(t, es, s.assertionClaims("aud", nil)),
		"empty aud":            keys.sign(t, es, s.assertionClaims("aud", []string{})),
		"aud a number":         keys.sign(t, es, s.assertionClaims("aud", 7)),
		"strict, endpoint":     keys.sign(t, es, s.assertionClaims("iss", "strict", "sub", "strict", "aud", issuer+"/oauth/token")),
		"strict, array":        keys.sign(t, es, s.assertionClaims("iss", "strict", "sub", "strict", "aud", []string{issuer})),
		"strict, no aud":       keys.sign(t, es, s.assertionClaims("iss", "strict", "sub", "strict", "aud", nil)),
		"expired":              keys.sign(t, es, s.assertionClaims("exp", now.Add(-5*time.Minute).Unix())),
		"no exp":               keys.sign(t, es, s.assertionClaims("exp", nil)),
		"exp far ahead":        keys.sign(t, es, s.assertionClaims("exp", now.Add(6*time.Minute).Unix())),
		"exp beyond all time":  keys.sign(t, es, s.assertionClaims("exp", 1e300)),
		"nbf a minute ahead":   keys.sign(t, es, s.assertionClaims("nbf", now.Add(time.Minute).Unix())),
		"iat a minute ahead":   keys.sign(t, es, s.assertionClaims("iat", now.Add(time.Minute).Unix())),
		"no jti":               keys.sign(t, es, s.assertionClaims("jti", nil)),
		"endless jti":          keys.sign(t, es, s.assertionClaims("jti", strings.Repeat("j", 256))),
		"no sub":               keys.sign(t, es, s.assertionClaims("sub", nil)),
		"no iss":               keys.sign(t, es, s.assertionClaims("iss", nil)),
		"of another client":    keys.sign(t, es, s.assertionClaims("sub", "shop", "iss", "shop")),
		"of nobody":            keys.sign(t, es, s.assertionClaims("sub", "nobody", "iss", "nobody")),
		"another's key":        other.sign(t, es, s.assertionClaims()),
		"none":                 keys.sign(t, map[string]any{"alg": "none"}, s.assertionClaims()),
		"nOnE":                 keys.sign(t, map[string]any{"alg": "nOnE"}, s.assertionClaims()),
		"HMAC":                 keys.sign(t, map[string]any{"alg": "HS256", "kid": "o"}, s.assertionClaims()),
		"unknown kid":          keys.sign(t, map[string]any{"alg": "ES256", "kid": "x"}, s.assertionClaims()),
		"kid of another kind":  keys.sign(t, map[string]any{"alg": "ES256", "kid": "r"}, s.assertionClaims()),
		"key in the header":    other.sign(t, map[string]any{"alg": "ES256", "jwk": other.public()}, s.assertionClaims()),
		"crit":                 keys.sign(t, map[string]any{"alg": "ES256", "crit": []string{"exp"}}, s.assertionClaims()),
		"of another type":      keys.sign(t, map[string]any{"alg": "ES256", "typ": "at+jwt"}, s.assertionClaims()),
		"EXP":                  keys.sign(t, es, s.assertionClaims("exp", nil, "EXP", now.Add(time.Minute).Unix())),
		"SUB":                  keys.sign(t, es, s.assertionClaims("sub", nil, "SUB", "signer")),
		"Aud":                  keys.sign(t, es, s.assertionClaims("aud", nil, "Aud", issuer)),
		"exp twice":            keys.signText(t, es, twice(t, s.assertionClaims(), `"exp":%d`, now.Add(time.Minute).Unix())),
		"exp twice, escaped":   keys.signText(t, es, twice(t, s.assertionClaims(), `"e\u0078p":%d`, now.Add(time.Minute).Unix())),
		"sub twice":            keys.signText(t, es, twice(t, s.assertionClaims(), `"sub":%q`, "signer")),
		"other claim twice":    keys.signText(t, es, twice(t, s.assertionClaims("x", 1), `"x":%d`, 2)),
		"ALG":                  keys.sign(t, map[string]any{"ALG": "ES256", "kid": "e"}, s.assertionClaims()),
		"garbage":              "garbage",
		"dots":                 strings.Repeat(".", 50_000),
		"signature taken away": strings.Join(strings.Split(used, ".")[:2], ".") + ".",
	} {
		t.Run(name, func(t *testing.T) { refused(t, s.assert(t, assertion), 401, "invalid_client") })
	}
	good := func() string { return keys.sign(t, es, s.assertionClaims()) }
	refused(t, s.assert(t, good(), "client_id", "shop"), 401, "invalid_client")
	refused(t, s.assert(t, good(), "client_secret", "x"), 400, "invalid_request")
	refused(t, s.assert(t, good(), "client_assertion_type", "x"), 400, "invalid_request") // repeated
	refused(t, s.post(t, "/oauth/token", as(""), "grant_type", "client_credentials", "client_assertion", good()), 401, "invalid_client")
	refused(t, s.post(t, "/oauth/token", as(""), "grant_type", "client_credentials", "client_id", "signer"), 401, "invalid_client")
	refused(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", good()), 400, "invalid_request")
	granted(t, s.assert(t, good()))
}

func TestAnAssertionWorksOnce(t *testing.T) {
	s, keys := openSigner(t)
	assertion := keys.sign(t, map[string]any{"alg": "ES256", "kid": "e"}, s.assertionClaims())
	var won atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		r := form("/oauth/token", as(""), "grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", assertion)
		all.Go(func() {
			if s.concurrently(r) == http.StatusOK {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 20 were accepted, want 1", won.Load())
	}
}
