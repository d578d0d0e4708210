package audit

// FactorAdded and FactorRemoved are the events that a user has another second factor, or
// one less. Factor is "totp"; passkeys have events of their own.
type (
	FactorAdded struct {
		Factor string `json:"factor"`
	}
	FactorRemoved struct {
		Factor string `json:"factor"`
	}
)

// FactorsCarried is the event that a restored backup was rid of factors that a user had lost
// since.
type FactorsCarried struct{}

// FactorsReset is the event that an administrator took all factors away from a user.
type FactorsReset struct{}

// RecoveryCodesReplaced is the event that a user got new recovery codes.
type RecoveryCodesReplaced struct{}

// Kind implements Kind.
func (FactorAdded) Kind() string           { return "factor.added" }
func (FactorRemoved) Kind() string         { return "factor.removed" }
func (FactorsCarried) Kind() string        { return "factors.carried" }
func (FactorsReset) Kind() string          { return "factors.reset" }
func (RecoveryCodesReplaced) Kind() string { return "recovery_codes.replaced" }
