package signin

import "slices"

// The levels of a sign-in, which are the values of `acr` (OIDC Core 1.0 §2).
const (
	ACRPassword = "urn:gatehouse:pwd" //nolint:gosec // G101: a name, not a credential
	ACRMFA      = "urn:gatehouse:mfa"
	// ACRPasskey is "phishing-resistant" (OpenID Connect EAP ACR Values 1.0 §4).
	ACRPasskey = "phr"
)

// The methods of a sign-in, which are the values of `amr` (RFC 8176 §2).
const (
	AMRPassword = "pwd"
	AMROTP      = "otp"
	AMRHardware = "hwk"
	AMRUser     = "user"
	AMRMFA      = "mfa"
)

// A Factor is something beside a password that was right when it was looked at.
type Factor struct {
	// ACR is the level that it reaches together with a password.
	ACR  string
	AMR  []string
	Uses []Use
}

// ACRValues returns every level that a sign-in here can reach, the lowest first.
func ACRValues() []string { return []string{ACRPassword, ACRMFA, ACRPasskey} }

// level returns the place of a level in ACRValues, -1 for any other text.
func level(acr string) int { return slices.Index(ACRValues(), acr) }

func higher(a, b string) string {
	if level(b) > level(a) {
		return b
	}
	return a
}

// Reaches reports whether a sign-in at one level is good enough for another, which must be
// one of ACRValues.
func Reaches(reached, wanted string) bool {
	return level(wanted) >= 0 && level(reached) >= level(wanted)
}

// Chosen returns the first of the wanted levels that a sign-in reaches, or "".
func Chosen(reached string, wanted []string) string {
	for _, acr := range wanted {
		if Reaches(reached, acr) {
			return acr
		}
	}
	return ""
}
