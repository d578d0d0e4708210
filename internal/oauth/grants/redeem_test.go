package grants

import "testing"

func TestVerified(t *testing.T) {
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, Appendix B
	for _, tt := range []struct {
		challenge, verifier string
		want                bool
	}{{challenge, verifier, true}, {"", "", true}, {challenge, "", false}, {"", verifier, false}, {challenge, challenge, false}, {challenge, verifier + "\n", false}} {
		if verified(tt.challenge, tt.verifier) != tt.want {
			t.Errorf("verified(%+v) is wrong, want %t", tt, tt.want)
		}
	}
}
