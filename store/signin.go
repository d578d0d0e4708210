package store

import "time"

// A SignIn is what a person proved when they signed in. It is made once, by
// package signin, and goes unchanged from the browser session to the codes and
// devices that were allowed in it, and on to the sessions that these began and to
// their tokens.
type SignIn struct {
	// At is `auth_time`: when the proof was given.
	At time.Time
	// ACR is the level that the proof reaches (OIDC Core 1.0 §2), and AMR lists the
	// methods that were used (RFC 8176). Sessions of the first release have neither.
	ACR string
	AMR []string
}
