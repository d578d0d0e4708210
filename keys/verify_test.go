package keys

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"

	"gatehouse/store"
)

const somePayload = `{"sub":"x"}`

func TestWhatTheRingSignsItVerifies(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	token := mustSign(t, r, "at+jwt", map[string]string{"sub": "x"})
	for range 2 { // the second comes from the cache
		v, err := r.Verify(t.Context(), token)
		kid, _ := r.SigningKeyID(t.Context())
		if err != nil || v.Type != "at+jwt" || v.KeyID != kid || string(v.Payload) != somePayload {
			t.Fatalf("verified %+v, %v; want %s of type at+jwt, signed by %s", v, err, somePayload, kid)
		}
	}
	// A refresh token comes back once, and would only displace tokens that come back often.
	if _, err := r.Verify(t.Context(), mustSign(t, r, "rt+jwt", map[string]string{"sub": "x"})); err != nil {
		t.Fatalf("verifying the token: %v", err)
	}
	if r.verified.Len() != 1 {
		t.Errorf("%d tokens remembered, want 1", r.verified.Len())
	}
}

func TestTheSameClaimsSignToTheSameTokenEvenAfterARotation(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	kid, _ := r.SigningKeyID(t.Context())
	first := mustSign(t, r, "rt+jwt", map[string]string{"sub": "x"})
	if _, err := r.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	c.Advance(3 * time.Hour)
	if now, _ := r.SigningKeyID(t.Context()); now == kid {
		t.Fatal("the signing key was not rotated, want another")
	}
	again, err := openRing(t, options(s, c.Now)).SignWith(t.Context(), kid, "rt+jwt", map[string]string{"sub": "x"})
	if err != nil || again != first {
		t.Errorf("signing the same claims again: another token (%v), want the same", err)
	}
	if _, err := r.SignWith(t.Context(), "nobody's", "rt+jwt", 1); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("signing with an unknown key: err = %v, want ErrUnknownKey", err)
	}
}

// Each of these tokens would be accepted if one check were missing: where the
// signature can be right, it is.
func TestForgedTokensAreRefused(t *testing.T) {
	chosen, err := Choose("auto")
	if err != nil {
		t.Fatalf("choosing what verifies: %v", err)
	}
	o := options(&memory{}, newClock().Now)
	o.Signer = chosen.Signer
	r := openRing(t, o)
	k := r.current.Load().rings[store.RS256][0]
	sign, good := ours(t, r), header{store.RS256, k.ID, "at+jwt"}
	attacker, err := smallKey()
	if err != nil {
		t.Fatalf("generating a small RSA key: %v", err)
	}
	own, err := thumbprint(&attacker.PublicKey)
	if err != nil {
		t.Fatalf("the thumbprint of the key: %v", err)
	}
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		t.Fatalf("marshalling the public key: %v", err)
	}
	doc := mustJWKS(t, r)
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(doc.Body, &set); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, set.Keys[0], "", "  "); err != nil {
		t.Fatalf("indenting the JSON: %v", err)
	}
	asked := 0
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked++ }))
	defer listening.Close()
	jwk := fmt.Sprintf(`{"kty":"RSA","kid":%q,"alg":"RS256","e":"AQAB","n":%q}`, own, encode(attacker.N.Bytes()))
	head := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	nothing := func([]byte) []byte { return nil }
	valid := forge(t, good, somePayload, sign)
	part := strings.Split(valid, ".")

	cases := map[string]string{
		// An HMAC keyed with public data.
		"HS256 with the public key, PKIX DER": forge(t, header{"HS256", k.ID, "at+jwt"}, somePayload, hs256By(der)),
		"HS256 with the public key, PEM":      forge(t, header{"HS256", k.ID, "at+jwt"}, somePayload, hs256By(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))),
		"HS256 with the public key, PKCS #1":  forge(t, header{"HS256", k.ID, "at+jwt"}, somePayload, hs256By(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(k.public.(*rsa.PublicKey))}))),
		"HS256 with the JWK":                  forge(t, header{"HS256", k.ID, "at+jwt"}, somePayload, hs256By(set.Keys[0])),
		"HS256 with the JWK, spaced":          forge(t, header{"HS256", k.ID, "at+jwt"}, somePayload, hs256By(spaced.Bytes())),
		"HS256 with the JWKS":                 forge(t, header{"HS256", k.ID, "at+jwt"}, somePayload, hs256By(doc.Body)),
		"RS256 that is an HMAC":               forge(t, good, somePayload, hs256By(der)),
		"RS512 by our key":                    forge(t, header{"RS512", k.ID, "at+jwt"}, somePayload, sign),
		"PS256 by our key":                    forge(t, header{"PS256", k.ID, "at+jwt"}, somePayload, sign),
		"rs256 in lower case":                 forge(t, header{"rs256", k.ID, "at+jwt"}, somePayload, sign),

		// No signature at all.
		"none":                      forge(t, header{"none", k.ID, "at+jwt"}, somePayload, nothing),
		"None":                      forge(t, header{"None", k.ID, "at+jwt"}, somePayload, nothing),
		"nOnE with a signature":     forge(t, header{"nOnE", k.ID, "at+jwt"}, somePayload, sign),
		"empty signature":           part[0] + "." + part[1] + ".",
		"no signature part":         part[0] + "." + part[1],
		"empty payload":             part[0] + ".." + part[2],
		"empty header":              "." + part[1] + "." + part[2],
		"flattened JSON":            fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, part[1], part[0], part[2]),
		"general JSON":              fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, part[1], part[0], part[2]),
		"JWE of five parts":         encode([]byte(`{"alg":"dir","enc":"A256GCM"}`)) + "..AAAA." + part[1] + ".AAAA",
		"JWE header in three parts": forge(t, head(`{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF","kid":%q,"typ":"at+jwt"}`, k.ID), somePayload, sign),
		"PBES2 with 2^31 rounds":    forge(t, head(`{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"AA","kid":%q,"typ":"at+jwt"}`, k.ID), somePayload, sign),
		"signed token in a token":   forge(t, header{"none", k.ID, "JWT"}, valid, nothing),

		// A key that comes with the token.
		"jwk":                forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","jwk":%s}`, own, jwk), somePayload, rs256By(attacker)),
		"jwk under our kid":  forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","jwk":%s}`, k.ID, jwk), somePayload, rs256By(attacker)),
		"jku":                forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","jku":%q}`, own, listening.URL), somePayload, rs256By(attacker)),
		"x5u":                forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","x5u":%q}`, k.ID, listening.URL), somePayload, rs256By(attacker)),
		"x5c":                forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","x5c":["AAAA"]}`, k.ID), somePayload, rs256By(attacker)),
		"kid that is a URL":  forge(t, header{store.RS256, listening.URL, "at+jwt"}, somePayload, rs256By(attacker)),
		"kid that is a path": forge(t, header{store.RS256, "../../etc/passwd", "at+jwt"}, somePayload, rs256By(attacker)),
		"another's key":      forge(t, good, somePayload, rs256By(attacker)),

		// The header, by our own key.
		"no typ":                forge(t, head(`{"alg":"RS256","kid":%q}`, k.ID), somePayload, sign),
		"empty typ":             forge(t, header{store.RS256, k.ID, ""}, somePayload, sign),
		"typ no string":         forge(t, head(`{"alg":"RS256","kid":%q,"typ":["at+jwt"]}`, k.ID), somePayload, sign),
		"typ null":              forge(t, head(`{"alg":"RS256","kid":%q,"typ":null}`, k.ID), somePayload, sign),
		"no kid":                forge(t, `{"alg":"RS256","typ":"at+jwt"}`, somePayload, sign),
		"no alg":                forge(t, head(`{"kid":%q,"typ":"at+jwt"}`, k.ID), somePayload, sign),
		"ALG":                   forge(t, head(`{"ALG":"RS256","kid":%q,"typ":"at+jwt"}`, k.ID), somePayload, sign),
		"crit":                  forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","crit":["b64"],"b64":true}`, k.ID), somePayload, sign),
		"empty crit":            forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","crit":[]}`, k.ID), somePayload, sign),
		"two algs":              forge(t, head(`{"alg":"none","alg":"RS256","kid":%q,"typ":"at+jwt"}`, k.ID), somePayload, sign),
		"two algs, one escaped": forge(t, head(`{"\u0061lg":"none","alg":"RS256","kid":%q,"typ":"at+jwt"}`, k.ID), somePayload, sign),
		"two of the unknown":    forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt","x":1,"x":2}`, k.ID), somePayload, sign),
		"text after header":     forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt"}{}`, k.ID), somePayload, sign),
		"header an array":       forge(t, head(`[{"alg":"RS256","kid":%q,"typ":"at+jwt"}]`, k.ID), somePayload, sign),
		"header cut off":        forge(t, head(`{"alg":"RS256","kid":%q,"typ":"at+jwt"`, k.ID), somePayload, sign),
		"header no JSON":        forge(t, `at+jwt`, somePayload, sign),
		"header null":           forge(t, `null`, somePayload, sign),
		"nested 100 deep":       forge(t, strings.Repeat(`{"alg":`, 100)+`"RS256"`+strings.Repeat(`}`, 100), somePayload, sign),

		// Form.
		"empty":             "",
		"one dot":           ".",
		"two dots":          "..",
		"a dot more":        valid + ".",
		"white space":       " " + valid,
		"line end":          valid + "\n",
		"line end inside":   part[0] + "." + part[1][:4] + "\r\n" + part[1][4:] + "." + part[2],
		"padding":           valid + "==",
		"standard alphabet": forge(t, good, `{"sub":"~~~???>>>"}`, sign)[:20] + "+/" + part[1],
		"payload changed":   part[0] + "." + encode([]byte(`{"sub":"y"}`)) + "." + part[2],
		"header changed":    encode([]byte(head(`{"alg":"RS256","kid":%q,"typ":"rt+jwt"}`, k.ID))) + "." + part[1] + "." + part[2],
		"signature cut":     valid[:len(valid)-4],
		"NUL":               valid + "\x00",
		"not UTF-8":         "\xff\xfe." + part[1] + "." + part[2],
	}
	if _, err := r.Verify(t.Context(), valid); err != nil {
		t.Fatalf("the pattern of all these: %v", err)
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			if v, err := r.Verify(t.Context(), token); !errors.Is(err, ErrInvalid) {
				t.Errorf("verified %+v, err = %v, want ErrInvalid", v, err)
			}
		})
	}
	if asked != 0 {
		t.Errorf("%d requests to a place that a token named, want none", asked)
	}
}

// Every header member besides alg, kid and typ is ignored, even a key.
func TestKeysInTheHeaderAreIgnored(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	kid, _ := r.SigningKeyID(t.Context())
	token := forge(t, fmt.Sprintf(`{"alg":"RS256","jku":"http://127.0.0.1:1/","jwk":{"kty":"oct","k":"AA"},"kid":%q,"typ":"at+jwt","x5c":[]}`, kid), somePayload, ours(t, r))
	if _, err := r.Verify(t.Context(), token); err != nil {
		t.Errorf("verifying the token: %v", err)
	}
}

// One token has one spelling, so no other string can be mistaken for it, for instance
// in a list of revoked tokens.
func TestEveryOtherSpellingIsRefused(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	o := options(&memory{}, newClock().Now)
	r := openRing(t, o)
	token := mustSign(t, r, "at+jwt", map[string]string{"sub": "x"})
	for end, char := range token + "." {
		if char != '.' {
			continue
		}
		for _, c := range alphabet {
			other := token[:end-1] + string(c) + token[end:]
			if other == token {
				continue
			}
			if _, err := r.Verify(t.Context(), other); !errors.Is(err, ErrInvalid) {
				t.Errorf("the token is accepted with %q at %d, want a refusal", c, end-1)
			}
		}
	}
}

func TestHugeTokensCostNothing(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	kid, _ := r.SigningKeyID(t.Context())
	for name, token := range map[string]string{
		"a million dots": strings.Repeat(".", 1e6),
		"8 MB header":    encode(bytes.Repeat([]byte("a"), 8<<20)) + ".e30.AAAA",
		"8 MB in all":    strings.Repeat("a", 8<<20),
		"just too long":  strings.Repeat("a", maxTokenBytes+1),
		"8 KB of dots":   strings.Repeat(".", maxTokenBytes),
		"8 KB of arrays": forge(t, fmt.Sprintf(`{"alg":"RS256","kid":%q,"x":%s1%s}`, kid, strings.Repeat("[", 2900), strings.Repeat("]", 2900)), "{}", ours(t, r)),
	} {
		var before, after runtime.MemStats
		var err error
		const limit = 100 * time.Millisecond
		took := testkit.Took(limit, func() {
			runtime.ReadMemStats(&before)
			_, err = r.Verify(t.Context(), token)
			runtime.ReadMemStats(&after)
		})
		if !errors.Is(err, ErrInvalid) || took > limit || after.TotalAlloc-before.TotalAlloc > 1<<20 {
			t.Errorf("%s: %s, %d bytes, err = %.100v, want ErrInvalid within %s and 1 MiB", name, took, after.TotalAlloc-before.TotalAlloc, err, limit)
		}
		if len(fmt.Sprint(err)) > 500 {
			t.Errorf("%s: the reason has %d bytes, want at most 500", name, len(fmt.Sprint(err)))
		}
	}
}

func TestATokenTooLongToBeAcceptedIsNotMade(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	if _, err := r.Sign(t.Context(), store.RS256, "at+jwt", strings.Repeat("a", maxTokenBytes)); err == nil {
		t.Error("a token longer than the limit was signed, want an error")
	}
	if _, err := r.Sign(t.Context(), store.RS256, "at+jwt", func() {}); err == nil {
		t.Error("a token was made of what cannot be JSON, want an error")
	}
}

func TestRememberedTokensGoWithTheirKey(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	token := mustSign(t, r, "at+jwt", 1)
	if _, err := r.Verify(t.Context(), token); err != nil {
		t.Fatalf("verifying the token: %v", err)
	}
	if _, err := r.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	c.Advance(2*time.Hour + 15*24*time.Hour - time.Millisecond)
	if _, err := r.Verify(t.Context(), token); err != nil {
		t.Errorf("before its key is gone: %v", err)
	}
	c.Advance(time.Millisecond)
	if _, err := r.Verify(t.Context(), token); !errors.Is(err, ErrInvalid) {
		t.Errorf("after: err = %v, want ErrInvalid", err)
	}
}

func TestNothingIsSignedForARequestThatHasEnded(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Sign(ctx, store.RS256, "at+jwt", 1); err == nil {
		t.Error("a token was signed for a request that has ended, want an error")
	}
}

// FuzzSplit checks that every token that parses is the one spelling of its parts.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"", "..", "a.b.c",
		encode([]byte(`{"alg":"RS256","kid":"k","typ":"t"}`)) + "." + encode([]byte(`{}`)) + "." + encode([]byte("signature")),
		encode([]byte(`{"alg":"RS256","kid":"k","typ":"t","jwk":{}}`)) + ".e30.AAAA",
		encode([]byte(`{"alg":"RS256","alg":"none","kid":"k","typ":"t"}`)) + ".e30.AAAA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := split(raw, func(string) (header, bool) { return header{}, false })
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("splitting the token: err = %v, want ErrInvalid", err)
			}
			return
		}
		if again := p.input + "." + encode(p.signature); again != raw || !strings.HasSuffix(p.input, "."+encode(p.payload)) {
			t.Errorf("%q is put together again as %q, want the same token", raw, again)
		}
		if p.header.Algorithm != "RS256" || p.header.KeyID == "" || p.header.Type == "" || len(p.signature) == 0 {
			t.Errorf("read %+v, want a signature and a header with RS256, a kid and a typ", p)
		}
	})
}

// TestEveryVerifiedTokenHasAPlaceForAMemo, also one that is remembered because it was made
// here.
func TestEveryVerifiedTokenHasAPlaceForAMemo(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	for _, typ := range []string{"at+jwt", "rt+jwt"} {
		token := mustSign(t, r, typ, 1)
		for range 2 {
			if v, err := r.Verify(t.Context(), token); err != nil || v.Memo == nil {
				t.Errorf("verifying a token of type %s: memo %v, %v; want one", typ, v.Memo, err)
			}
		}
	}
}
