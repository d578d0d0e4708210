package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

// FuzzVerify checks that every token that verifies was signed here, byte for byte.
func FuzzVerify(f *testing.F) {
	r := openRing(f, options(&memory{}, newClock().Now))
	signed := []string{mustSign(f, r, "at+jwt", map[string]int{"a": 1}), mustSign(f, r, "rt+jwt", "x")}
	for _, raw := range signed {
		f.Add(raw)
		f.Add(raw + "=")
		f.Add(strings.Replace(raw, ".", "\n.", 1))
		f.Add(raw[:len(raw)-1])
	}
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := r.Verify(t.Context(), raw)
		if err != nil && !errors.Is(err, ErrInvalid) {
			t.Fatalf("verifying the token: err = %v, want nil or ErrInvalid", err)
		}
		if err == nil && !slices.Contains(signed, raw) {
			t.Errorf("%q verifies as %+v, want only what we signed to be accepted", raw, v)
		}
	})
}

// FuzzForgedHeader checks that a token counts only if our key signed it by RS256 under
// a header that names its kid. A token of our key counts only under a plain header.
func FuzzForgedHeader(f *testing.F) {
	r := openRing(f, options(&memory{}, newClock().Now))
	k, err := r.inForce(f.Context(), store.RS256)
	if err != nil {
		f.Fatalf("reading the keys in force: %v", err)
	}
	public, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		f.Fatalf("marshalling the public key: %v", err)
	}
	stranger, err := smallKey()
	if err != nil {
		f.Fatalf("generating a small RSA key: %v", err)
	}
	for _, head := range []string{
		`{"alg":"RS256","kid":"KID","typ":"at+jwt"}`, `{"alg":"none","kid":"KID","typ":"at+jwt"}`, `{"alg":"HS256","kid":"KID","typ":"at+jwt"}`, `{"ALG":"RS256","alg":"none","kid":"KID","typ":"at+jwt"}`,
		`{"alg":"RS256","alg":"RS256","kid":"KID","typ":"at+jwt"}`, `{"alg":"RS256","kid":"KID","typ":"at+jwt","crit":["exp"]}`, `{"alg":"RS256","kid":"KID","typ":"at+jwt","jwk":{"kty":"RSA"}}`,
		`{"alg":"RS256","kid":["KID"],"typ":"at+jwt"}`, `{"alg":"RS512","kid":"KID","typ":"at+jwt"}`, `{"alg":"RS256","kid":"KID"}`, `{"alg":"RS256","kid":"../KID","typ":"at+jwt"}`, `[]`, `{"alg":"RS256","kid":"KID","typ":"at+jwt"} {}`, `{"alg":"RS256\u0000","kid":"KID","typ":"at+jwt"}`,
	} {
		for by := range byte(4) {
			f.Add(head, by)
		}
	}
	f.Fuzz(func(t *testing.T, head string, by byte) {
		signers := []func([]byte) []byte{ours(t, r), hs256By(public), rs256By(stranger), func([]byte) []byte { return []byte{0} }}
		head = strings.ReplaceAll(head, "KID", k.ID)
		v, err := r.Verify(t.Context(), forge(t, head, `{}`, signers[int(by)%len(signers)]))
		if err != nil {
			return
		}
		members, listErr := ParseObject([]byte(head))
		if by%4 != 0 || listErr != nil || string(members["alg"]) != `"RS256"` && !bytes.Contains(members["alg"], []byte(`\u`)) || v.KeyID != k.ID || members["crit"] != nil || v.Type == "" {
			t.Errorf("%s by %d verifies as %+v, want a refusal", head, by%4, v)
		}
	})
}

// clientKeys returns a client's key and the set with its public half.
func clientKeys(f testing.TB) (*ecdsa.PrivateKey, []byte) {
	f.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatalf("generating an ECDSA key: %v", err)
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		f.Fatalf("encoding the public key: %v", err)
	}
	return k, fmt.Appendf(nil, `{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":%q,"y":%q}]}`, encode(point[1:33]), encode(point[33:]))
}

// es256By signs by ES256 (RFC 7518 §3.4).
func es256By(k *ecdsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		digest := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, k, digest[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

// FuzzAssertion checks that an assertion counts if the client's key signed it under a
// header that names ES256. Nothing else in the header brings in another key.
func FuzzAssertion(f *testing.F) {
	k, set := clientKeys(f)
	other, otherSet := clientKeys(f)
	for _, head := range []string{
		`{"alg":"ES256","kid":"a"}`, `{"alg":"ES256"}`, `{"alg":"ES256","kid":"b"}`, `{"alg":"none"}`, `{"alg":"HS256","kid":"a"}`, `{"alg":"ES256","typ":"at+jwt"}`, `{"alg":"ES256","typ":"JWT"}`,
		`{"alg":"ES256","crit":[]}`, `{"alg":"ES256","jwk":` + string(otherSet) + `}`, `{"alg":"ES256","alg":"none"}`, `{"alg":"RS256"}`, `{"alg":"EdDSA"}`, `{"alg":"ES384"}`, `{"alg":null}`,
	} {
		for by := range byte(4) {
			f.Add(head, `{"sub":"shop"}`, by)
		}
	}
	signers := []func([]byte) []byte{es256By(k), hs256By(set), es256By(other), func([]byte) []byte { return make([]byte, 64) }}
	f.Fuzz(func(t *testing.T, head, payload string, by byte) {
		if payload == "" {
			return
		}
		raw := forge(t, head, payload, signers[int(by)%len(signers)])
		got, err := VerifyAssertion(set, raw)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("verifying the assertion: err = %v, want ErrInvalid", err)
			}
			return
		}
		h, headErr := clientsHeader(encode([]byte(head)), assertionTypes)
		if by%4 != 0 || string(got) != payload || headErr != nil || h.Algorithm != "ES256" || h.KeyID != "" && h.KeyID != "a" {
			t.Errorf("%s by %d counts, want a refusal", head, by%4)
		}
		if unverified, err := Claims(raw); err != nil || !bytes.Equal(unverified, got) {
			t.Errorf("before it was verified, %q was read as %q, %v; want %q", raw, unverified, err, got)
		}
	})
}

// FuzzClientSet checks that a set with a private half anywhere in it, or with a key
// that would keep us busy, cannot be registered.
func FuzzClientSet(f *testing.F) {
	_, set := clientKeys(f)
	public := strings.TrimSuffix(strings.TrimPrefix(string(set), `{"keys":[`), `]}`)
	big := func(bits int) string {
		return fmt.Sprintf(`{"kty":"RSA","e":"AQAB","n":%q}`, encode(bytes.Repeat([]byte{0xFF}, bits/8)))
	}
	for _, s := range []string{
		string(set), `{"keys":[` + strings.TrimSuffix(public, "}") + `,"d":"AAAA"}]}`, `{"keys":[` + strings.TrimSuffix(public, "}") + `,"d":"AAAA"}],"keys":[` + public + `]}`, `{"keys":[{"kty":"oct","k":"AAAA"},` + public + `]}`,
		`{"KEYS":[{"d":"x"}],"keys":[` + public + `]}`, `{"keys":[` + strings.TrimSuffix(public, "}") + `,"D":"AAAA"}]}`, `{"keys":[` + big(2048) + `]}`, `{"keys":[` + big(160_000) + `]}`, `{"keys":[` + public + `]} {}`, `{"keys":[{}]}`, `{"keys":[null]}`,
		`{"keys":[{"kty":"RSA","e":"AAAAAAAAAAAAAAAAAAAAAAAAAAE","n":"` + encode(bytes.Repeat([]byte{0xFF}, 256)) + `"}]}`,
	} {
		f.Add([]byte(s))
	}
	sign := es256By(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)))
	f.Fuzz(func(t *testing.T, set []byte) {
		began := time.Now()
		if CheckClientSet(set) != nil {
			return
		}
		if name := firstPrivate(set); name != "" {
			t.Errorf("%s with %q can be registered, want none", set, name)
		}
		for _, alg := range ForeignAlgorithms() {
			if _, err := VerifyAssertion(set, forge(t, map[string]string{"alg": alg}, "{}", sign)); err == nil {
				t.Errorf("%s verifies what a stranger signed, want a refusal", set)
			}
			wide := func([]byte) []byte { return bytes.Repeat([]byte{1}, 2048) }
			if _, err := VerifyAssertion(set, forge(t, map[string]string{"alg": alg}, "{}", wide)); err == nil {
				t.Errorf("%s verifies a signature of nothing but ones, want a refusal", set)
			}
		}
		if took := time.Since(began); took > 5*time.Second { // otherwise a stranger could keep us busy
			t.Errorf("%.60s keeps us busy for %s, want at most 5s", set, took)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// firstPrivate finds a member of a private key in a set, even among duplicate names.
func firstPrivate(set []byte) string {
	for _, path := range pathsIn(json.NewDecoder(bytes.NewReader(set)), "") {
		if name, ok := strings.CutPrefix(path, ".keys[]."); ok && slices.Contains(privateMembers, name) {
			return name
		}
	}
	return ""
}

// pathsIn names every member of the next value of valid JSON.
func pathsIn(d *json.Decoder, at string) (paths []string) {
	switch open, _ := d.Token(); open {
	case json.Delim('{'):
		for d.More() {
			name, _ := d.Token()
			here := fmt.Sprintf("%s.%s", at, name)
			paths = append(append(paths, here), pathsIn(d, here)...)
		}
	case json.Delim('['):
		for d.More() {
			paths = append(paths, pathsIn(d, at+"[]")...)
		}
	default:
		return nil
	}
	_, _ = d.Token() // the closing bracket
	return paths
}

// masterKeyFault matches every refusal of a master key.
var masterKeyFault = regexp.MustCompile(`^the master key (is not base64|has [0-9]+ bytes, want 32 \(openssl rand -base64 32 makes one\)|is one byte repeated, which is a sample and not a secret)$`)

// FuzzMasterKey checks that a master key reads the same again and is never shown.
func FuzzMasterKey(f *testing.F) {
	for _, s := range []string{testMaster.Reveal(), "", "AAAA", strings.Repeat(" ", 21), strings.Repeat("A", 43) + "=", " " + testMaster.Reveal() + "\n", strings.TrimRight(testMaster.Reveal(), "=") + "====="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseMasterKey(text)
		if err != nil {
			if !masterKeyFault.MatchString(err.Error()) {
				t.Errorf("the refusal of %q = %q, want one that repeats at most the size of the key", text, err)
			}
			return
		}
		if again, err := ParseMasterKey(k.Reveal()); err != nil || again.ID() != k.ID() {
			t.Errorf("reading the shown key again: key %s, %v; want %s", again.ID(), err, k.ID())
		}
		if shown := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(shown, k.Reveal()) {
			t.Errorf("the key is shown as %s, want it hidden", shown)
		}
	})
}
