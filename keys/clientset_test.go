package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// akp is a key of a kind that is not understood (draft-ietf-cose-dilithium); strange are
// keys that each have something that is not.
const (
	akp     = `{"kty":"AKP","alg":"ML-DSA-44","kid":"pq","pub":"BBBB"}`
	strange = akp + `,{"kty":7},{"kid":"no kind"},{"kty":"EC","crv":"P-999","x":"AA","y":"AA"},{"kty":"EC","crv":"P-256"},{"kty":"OKP","crv":"X25519","x":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AA"},{"kty":"RSA","n":"AQAB"},{"kty":"RSA","n":7,"e":"AQAB"},{"kty":"XYZ","kid":7},{"kty":"XYZ","alg":["x"]}`
)

// RFC 9864 renamed EdDSA with this curve, so both names are the same algorithm.
func TestEd25519ByBothNames(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating an Ed25519 key: %v", err)
	}
	sign := func(input []byte) []byte { return ed25519.Sign(private, input) }
	for _, key := range []string{"", `,"alg":"Ed25519"`, `,"alg":"EdDSA"`, `,"alg":"ES256"`, `,"alg":"ed25519"`} {
		set := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":%q%s}]}`, base64.RawURLEncoding.EncodeToString(public), key)
		for _, alg := range []string{"Ed25519", "EdDSA", "ed25519", "Ed448", "ES256"} {
			_, err := VerifyAssertion([]byte(set), forge(t, map[string]string{"alg": alg}, "{}", sign))
			want := strings.HasPrefix(alg, "Ed") && alg != "Ed448" && !strings.HasSuffix(key, `"ES256"`) && !strings.HasSuffix(key, `"ed25519"`)
			if (err == nil) != want {
				t.Errorf("verifying alg %s with the key %s: err = %v, want it accepted: %t", alg, set, err, want)
			}
		}
	}
}

// Another set may have a key that this one lacks, but not another signature for a kid.
func TestWhichRefusalsAreOfAMissingKey(t *testing.T) {
	k, set := clientKeys(t)
	other, _ := clientKeys(t)
	for _, c := range []struct {
		head string
		sign func([]byte) []byte
		want bool
	}{
		{`{"alg":"ES256","kid":"b"}`, es256By(other), true},
		{`{"alg":"ES256"}`, es256By(other), true},
		{`{"alg":"RS256"}`, es256By(other), true},
		{`{"alg":"ES256","kid":"a"}`, es256By(other), false},
		{`{"alg":"HS256","kid":"b"}`, es256By(k), false},
		{`{"alg":"ES256","kid":"b","crit":["exp"]}`, es256By(k), false},
		{`{"alg":"ES256","kid":"b","typ":"at+jwt"}`, es256By(k), false},
	} {
		_, err := VerifyAssertion(set, forge(t, c.head, "{}", c.sign))
		if !errors.Is(err, ErrInvalid) || errors.Is(err, ErrMissingKey) != c.want {
			t.Errorf("verifying %s: err = %v, want ErrInvalid, of a missing key: %t", c.head, err, c.want)
		}
	}
}

// A set that was fetched may have anything in it; the keys that are understood work.
func TestKeysThatAreNotUnderstoodArePassedOver(t *testing.T) {
	k, set := clientKeys(t)
	ours := strings.TrimSuffix(strings.TrimPrefix(string(set), `{"keys":[`), `]}`)
	for _, all := range []string{strange + "," + ours, ours + "," + strange, `7,null,"x",{"kty":"EC","kty":"EC"},` + ours} {
		for _, head := range []string{`{"alg":"ES256","kid":"a"}`, `{"alg":"ES256"}`} {
			if _, err := VerifyAssertion([]byte(`{"keys":[`+all+`],"more":1}`), forge(t, head, "{}", es256By(k))); err != nil {
				t.Errorf("verifying %s with the keys %s: err = %v, want none", head, all, err)
			}
		}
	}
}

func TestWhichSetsOfKeysCanBeRegistered(t *testing.T) {
	text := base64.RawURLEncoding.EncodeToString
	rsaKey := func(bits int) string {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatalf("generating an RSA key: %v", err)
		}
		return fmt.Sprintf(`"kty":"RSA","n":%q,"e":%q`, text(k.N.Bytes()), text(big.NewInt(int64(k.E)).Bytes()))
	}
	ecKey := func(c elliptic.Curve, name string) string {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatalf("generating an ECDSA key: %v", err)
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			t.Fatalf("encoding the public key: %v", err)
		}
		half := (len(point) - 1) / 2
		return fmt.Sprintf(`"kty":"EC","crv":%q,"x":%q,"y":%q`, name, text(point[1:1+half]), text(point[1+half:]))
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating an Ed25519 key: %v", err)
	}
	edwards := fmt.Sprintf(`"kty":"OKP","crv":"Ed25519","x":%q`, text(public))
	strong, p256 := rsaKey(2048), ecKey(elliptic.P256(), "P-256")
	for name, c := range map[string]struct{ set, want string }{
		"RSA":              {`{"keys":[{` + strong + `}]}`, ""},
		"P-256":            {`{"keys":[{` + p256 + `,"use":"sig","alg":"ES256","kid":"a"}]}`, ""},
		"Ed25519":          {`{"keys":[{` + edwards + `}]}`, ""},
		"alg Ed25519":      {`{"keys":[{` + edwards + `,"alg":"Ed25519"}]}`, ""},
		"alg EdDSA":        {`{"keys":[{` + edwards + `,"alg":"EdDSA"}]}`, ""},
		"alg Ed448":        {`{"keys":[{` + edwards + `,"alg":"Ed448"}]}`, "can sign"},
		"P-256 as Ed25519": {`{"keys":[{` + p256 + `,"alg":"Ed25519"}]}`, "can sign"},
		"beside another":   {`{"keys":[{` + strong + `,"use":"enc"},{` + p256 + `}]}`, ""},
		"encryption alone": {`{"keys":[{` + strong + `,"use":"enc"}]}`, "can sign"},
		"another alg":      {`{"keys":[{` + strong + `,"alg":"RS512"}]}`, "can sign"},
		"short RSA":        {`{"keys":[{` + rsaKey(1024) + `}]}`, "can sign"},
		"P-384":            {`{"keys":[{` + ecKey(elliptic.P384(), "P-384") + `}]}`, "can sign"},
		"no key":           {`{"keys":[]}`, "can sign"},
		"private":          {`{"keys":[{` + p256 + `},{` + edwards + `,"d":"AAAA"}]}`, `"d"`},
		"symmetric":        {`{"keys":[{"kty":"oct","k":"AAAA"}]}`, `"k"`},
		"broken key":       {`{"keys":[{"kty":"EC","crv":"P-256","x":"AA"}]}`, "can sign"},
		"not on the curve": {`{"keys":[{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}]}`, "can sign"},
		"unknown kind":     {`{"keys":[{"kty":"XYZ"}]}`, "can sign"},
		"post-quantum":     {`{"keys":[` + akp + `]}`, "can sign"},
		"beside others":    {`{"keys":[` + strange + `,{` + p256 + `}]}`, ""},
		"strange members":  {`{"keys":[{` + p256 + `,"x5c":7,"key_ops":"x","ext":true,"use":null}]}`, ""},
		"private AKP":      {`{"keys":[{` + p256 + `},{"kty":"AKP","alg":"ML-DSA-44","pub":"BBBB","priv":"AAAA"}]}`, `"priv"`},
		"no object":        {`{"keys":[{` + p256 + `},7]}`, "cannot be read"},
		"a member twice":   {`{"keys":[{` + p256 + `,"crv":"P-256"}]}`, "cannot be read"},
		"one key":          {`{` + strong + `}`, "not an object"},
		"a list":           {`[{` + strong + `}]`, "not an object"},
		"no JSON":          {`-----BEGIN PUBLIC KEY-----`, "not an object"},
		"nothing":          {``, "not an object"},
		"null":             {`{"keys":null}`, "can sign"},
		"21 keys":          {`{"keys":[` + strings.Repeat(`{},`, 20) + `{}]}`, "more than 20"},
		"endless":          {`{"keys":[{"x":"` + strings.Repeat("a", maxSetBytes) + `"}]}`, "bytes"},
	} {
		err := CheckClientSet([]byte(c.set))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

// A set behind an address may have thousands of keys. At most maxSetKeys of them are
// tried, and only those that match the token's kid.
func TestNoMoreKeysAreTriedThanCanBeRegistered(t *testing.T) {
	var list []string
	for range maxSetKeys {
		_, set := clientKeys(t)
		list = append(list, strings.TrimSuffix(strings.TrimPrefix(string(set), `{"keys":[`), `]}`))
	}
	last, set := clientKeys(t)
	list = append(list, strings.Replace(strings.TrimSuffix(strings.TrimPrefix(string(set), `{"keys":[`), `]}`), `"a"`, `"last"`, 1))
	all := []byte(`{"keys":[` + strings.Join(list, ",") + `]}`)
	for head, good := range map[string]bool{`{"alg":"ES256","kid":"last"}`: true, `{"alg":"ES256"}`: false} {
		if _, err := VerifyAssertion(all, forge(t, head, "{}", es256By(last))); (err == nil) != good {
			t.Errorf("verifying an assertion with the header %s: err = %v, want it accepted: %t", head, err, good)
		}
	}
}
