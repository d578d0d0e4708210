package audit

// RegistrationTokenCreated and RegistrationTokenWithdrawn are the events that a token by
// which apps may register was made, or made useless before its time.
type (
	RegistrationTokenCreated struct {
		MaxUses   int    `json:"max_uses"`
		ExpiresAt string `json:"expires_at"` // RFC 3339
	}
	RegistrationTokenWithdrawn struct{}
)

// Kind implements Kind.
func (RegistrationTokenCreated) Kind() string   { return "registration_token.created" }
func (RegistrationTokenWithdrawn) Kind() string { return "registration_token.withdrawn" }
