package audit

// ConsentWithdrawn is the event that a user, or somebody on their behalf, withdrew the
// consent to a client. The user's sessions in that client ended with it.
type ConsentWithdrawn struct {
	Scope string `json:"scope"` // what had been granted
}

// Kind implements Kind.
func (ConsentWithdrawn) Kind() string { return "consent.withdrawn" }

// ScopeWithdrawn is the event that a user, or somebody on their behalf, took scopes away
// from a client, which keeps the others. Its sessions go on without them.
type ScopeWithdrawn struct {
	Scope string `json:"scope"`
	Left  string `json:"left"`
}

// Kind implements Kind.
func (ScopeWithdrawn) Kind() string { return "scope.withdrawn" }
