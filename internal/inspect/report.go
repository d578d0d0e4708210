// Package inspect says of a token what an API would say of it, and why: step by step, in the
// order in which a verifier looks. It decides nothing itself: package keys verifies the
// signature, package token the claims, and package session whether the session lives.
package inspect

import (
	"encoding/json"
	"net/http"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

// A Kind is what a text that somebody sent as a token is.
type Kind string

// The kinds. Those of a token that nobody has verified are what it says of itself.
const (
	Access    Kind = "access token"
	Refresh   Kind = "refresh token"
	ID        Kind = "ID token"
	Logout    Kind = "logout token"
	OtherJWT  Kind = "signed token of another kind"
	Encrypted Kind = "encrypted token"
	Opaque    Kind = "opaque text"
	Garbage   Kind = "no token"
)

// A Step is one thing at which a verifier looks.
type Step struct {
	Name    Name
	Outcome Outcome
	// Why is the fault of a step that failed.
	Why Why
}

// A Name names a step.
type Name string

// The steps, in order.
const (
	Form      Name = "form"
	Header    Name = "header"
	Key       Name = "key"
	Signature Name = "signature"
	Issuer    Name = "issuer"
	Audience  Name = "audience"
	Time      Name = "time"
	Claims    Name = "claims"
	Session   Name = "session"
	Scope     Name = "scope"
)

// An Outcome is how a step went. The zero Outcome is that of a step that was not taken.
type Outcome int

// The outcomes.
const (
	Unseen Outcome = iota
	Passed
	Failed
)

// A Why is a fault of a token.
type Why string

// The faults, by step.
const (
	TooLong     Why = "too long"
	Broken      Why = "white space inside"
	NoToken     Why = "not a signed token"
	IsOpaque    Why = "opaque"
	IsEncrypted Why = "encrypted"

	AlgNone      Why = "alg none"
	AlgSymmetric Why = "a symmetric alg"
	AlgOther     Why = "another alg"
	HeaderOther  Why = "a header that is not understood"
	IsRefresh    Why = "a refresh token"
	IsID         Why = "an ID token"
	IsLogout     Why = "a logout token"
	TypeOther    Why = "another typ"
	TypeUnlike   Why = "the typ of other APIs"

	KeyUnknown Why = "unknown kid"
	KeyGone    Why = "key gone"
	Forged     Why = "wrong signature"
	OtherIss   Why = "another issuer"
	OtherAud   Why = "another audience"
	NoAPI      Why = "no such API"
	Expired    Why = "expired"
	Early      Why = "from the future"
	NotYet     Why = "not yet"
	Endless    Why = "without iat or exp"
	Incomplete Why = "claims do not agree"

	Ended        Why = "session ended"
	UserGone     Why = "person deleted"
	UserInactive Why = "person inactive"
	ClientGone   Why = "client gone"
	Mismatched   Why = "session of another"

	Lacking   Why = "scope lacking"
	Withdrawn Why = "scope withdrawn"
)

// A Report is what is to be said of a token. The token itself is not in it.
type Report struct {
	Kind  Kind
	Steps []Step
	// Type, Algorithm and KeyID are the header's.
	Type, Algorithm, KeyID string
	// Members are the claims, as they were sent.
	Members map[string]json.RawMessage
	// Proved says that one of our keys has signed it. Without that, no record was asked about
	// the claims.
	Proved bool
	// Key is the key of ours that the header names; nil: none.
	Key *keys.Status
	// Claims are those of Members that access and refresh tokens have. They are zero where
	// they do not have their types.
	Claims token.Access
	// NotBefore is `nbf`; zero: none.
	NotBefore time.Time
	// API is the API that judges, and For the one for which the token was made; nil: unknown.
	API, For *store.API
	// Person, App and Record are whom the token is about, as they are now; nil: nobody.
	Person *store.User
	App    *store.Client
	Record *store.Session
	// Needed is the scope that the request needs, and Left what may be used of the token's.
	Needed, Left authz.Scope
	// Issuer is our own, and Now when the token was judged.
	Issuer string
	Now    time.Time
}

// Step returns the step with a name.
func (r *Report) Step(name Name) Step {
	for _, s := range r.Steps {
		if s.Name == name {
			return s
		}
	}
	return Step{Name: name}
}

// Fault returns the first step that failed, on which the answer of the API depends.
func (r *Report) Fault() (Step, bool) {
	for _, s := range r.Steps {
		if s.Outcome == Failed {
			return s, true
		}
	}
	return Step{}, false
}

// Offline reports whether only the record refuses the token. Our own API asks it at every
// request, and others by introspection (RFC 7662): one that does not takes the token until it
// expires.
func (r *Report) Offline() bool {
	fault, refused := r.Fault()
	ours := r.API != nil && r.API.ID == store.OwnAPI
	return refused && !ours && (fault.Name == Session || fault.Why == Withdrawn)
}

// Answer returns the status and the error code that the API answers with (RFC 6750 §3.1); 0
// if it takes the token.
func (r *Report) Answer() (status int, code string) {
	fault, refused := r.Fault()
	switch {
	case !refused:
		return 0, ""
	case fault.Name == Scope:
		return http.StatusForbidden, "insufficient_scope"
	}
	return http.StatusUnauthorized, "invalid_token"
}
