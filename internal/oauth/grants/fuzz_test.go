package grants

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// A verifier fits only its own challenge (RFC 7636 §4.1, §4.6).
func FuzzVerified(f *testing.F) {
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	for _, s := range [][2]string{{"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", verifier}, {"", ""}, {"", verifier}, {verifier, verifier}, {"x", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, challenge, verifier string) {
		sum := sha256.Sum256([]byte(verifier))
		own := base64.RawURLEncoding.EncodeToString(sum[:])
		if verified(challenge, verifier) && (challenge != own || len(verifier) < 43 || len(verifier) > 128) && challenge+verifier != "" {
			t.Errorf("%q opens %q, want the verifier of the challenge alone", verifier, challenge)
		}
		if verified(own, verifier) && strings.ContainsAny(verifier, " +/=%\x00") {
			t.Errorf("the verifier %q was accepted, want unreserved characters alone", verifier)
		}
	})
}
