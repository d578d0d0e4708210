package store

// How long the immediate predecessor of a refresh token is answered with its successor.
const (
	// RotationStrict: during the grace.
	RotationStrict = "strict"
	// RotationAdopted: until its own expiry, or until the successor has been used. It is
	// for apps on lossy networks, and for front ends that keep the token of the sign-in.
	RotationAdopted = "adopted"
)

// RotationRules returns the rules above.
func RotationRules() []string { return []string{RotationStrict, RotationAdopted} }
