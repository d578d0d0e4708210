package keys

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"

	"gatehouse/store"
)

// The helpers below write tokens by hand, as an attacker would.

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// forge writes a token with any header and payload, signed by sign.
func forge(t testing.TB, head any, payload string, sign func(input []byte) []byte) string {
	t.Helper()
	text, ok := head.(string)
	if !ok {
		b, err := json.Marshal(head)
		if err != nil {
			t.Fatalf("marshalling the JSON: %v", err)
		}
		text = string(b)
	}
	input := encode([]byte(text)) + "." + encode([]byte(payload))
	return input + "." + encode(sign([]byte(input)))
}

func rs256By(private *rsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		digest := sha256.Sum256(input)
		signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest[:])
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func hs256By(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

// ours signs with the ring's own key, whatever the header says.
func ours(t testing.TB, r *Ring) func([]byte) []byte {
	return func(input []byte) []byte {
		k, err := r.inForce(t.Context(), store.RS256)
		if err != nil {
			t.Fatalf("reading the keys in force: %v", err)
		}
		signature, err := r.primitives[k.Algorithm].sign(input, k.signer)
		if err != nil {
			t.Fatalf("signing the forged token: %v", err)
		}
		return signature
	}
}
