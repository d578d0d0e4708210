package audit

// ConsentWithdrawn: a person, or somebody for them, took an app's consent back.
// Its sessions of the person ended with it.
type ConsentWithdrawn struct {
	Scope string `json:"scope"` // what had been granted
}

// Kind implements Kind.
func (ConsentWithdrawn) Kind() string { return "consent.withdrawn" }
