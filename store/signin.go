package store

import "time"

// A SignIn is what a person proved when they signed in. Package signin makes it
// once. It passes unchanged from the browser session to the codes and devices that
// were approved in it, and on to the sessions that these started and their tokens.
type SignIn struct {
	// At is `auth_time`: when the proof was given.
	At time.Time
	// ACR is the level that the proof reaches (OIDC Core 1.0 §2), and AMR lists the
	// methods used (RFC 8176). Sessions of the first release have neither.
	ACR string
	AMR []string
}
