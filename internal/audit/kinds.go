package audit

import (
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// Kinds has one event of every kind. The API document lists their names in this order.
var Kinds = []Kind{
	SignInOK{}, SignInRefused{}, AttackSuspected{}, SessionEnded{}, SessionsVoided{}, SessionsEnded{}, BrowserEnded{}, TokenReused{}, TokenRepeated{}, TokenRevoked{},
	UserCreated{}, UserUpdated{}, UserDeleted{}, FactorAdded{}, FactorRemoved{}, FactorsReset{}, FactorsCarried{}, RecoveryCodesReplaced{}, LinkMade{}, LinkUsed{}, AddressTaken{}, ConsentGranted{}, ConsentWithdrawn{}, ScopeWithdrawn{}, DeviceDecided{},
	ClientCreated{}, ClientUpdated{}, ClientAdopted{}, ClientDeleted{}, ClientSecretRotated{},
	RegistrationTokenCreated{}, RegistrationTokenWithdrawn{},
	PasskeyRenamed{}, PasskeyCopied{},
	APICreated{}, APIUpdated{}, APIDeleted{},
	MailSent{}, MailFailed{},
	BulkEnded{}, PeopleExported{},
	KeyCreated{}, KeyRetired{}, KeysRewrapped{}, EpochBegan{}, DatabaseRestored{},
}

// KindNames returns the names of the kinds, in the order of Kinds.
func KindNames() []string {
	all := make([]string, len(Kinds))
	for i, kind := range Kinds {
		all[i] = kind.Kind()
	}
	return all
}

// SignInOK is the event that a user signed in and a session began.
type SignInOK struct {
	Method signin.Method `json:"method"`
}

// SignInRefused is the event that a name and password, or a second factor, were refused. Reason is for
// operators; the caller does not learn it.
type SignInRefused struct {
	Method signin.Method `json:"method"`
	Reason string        `json:"reason"` // "unknown", "password", "passkey", "factor", "inactive", "unverified", "role"
}

// AttackSuspected is the event that so much failed in an hour that somebody must be
// guessing: at the subject's password, or, without a subject, at many accounts or codes
// from one network. It is recorded once an hour for each.
type AttackSuspected struct {
	What    string `json:"what"`              // "signin", "user_code", "signup", "registration" or "mail"
	Network string `json:"network,omitempty"` // empty if the tries come from everywhere
}

// SessionEnded is the event that a session ended early.
type SessionEnded struct {
	Reason store.EndReason `json:"reason"`
}

// SessionsVoided is the event that more sessions ended than get an event each. Their rows
// follow, and then SessionsEnded with their number.
type SessionsVoided struct {
	Reason store.EndReason `json:"reason"`
}

// SessionsEnded is the event that the rows of many sessions have ended, which were void
// since an earlier event.
type SessionsEnded struct {
	Reason   store.EndReason `json:"reason"`
	Sessions int64           `json:"sessions"`
}

// BrowserEnded is the event that a user signed out of a browser, and of the clients that
// they had signed in to from there. Sessions counts those that have an event each.
type BrowserEnded struct {
	Reason   store.EndReason `json:"reason"`
	Sessions int             `json:"sessions"`
}

// TokenReused is the event that a used refresh token came back, which ended its session
// (RFC 9700 §4.14.2).
type TokenReused struct {
	Gen     int64 `json:"gen"`
	Current int64 `json:"current"`
}

// TokenRepeated is the event that the predecessor of a session's current refresh token
// came again, and got the same successor. Elsewhere: from another network than the one
// that the successor was made for.
type TokenRepeated struct {
	Gen       int64 `json:"gen"`
	Elsewhere bool  `json:"elsewhere"`
}

// TokenRevoked is the event that an access token without a session was revoked.
type TokenRevoked struct {
	JTI string `json:"jti"`
}

// UserCreated is the event that an account was created. By is how: "signup", "admin",
// "bootstrap" or "cli".
type UserCreated struct {
	By       string `json:"by"`
	Username string `json:"username"`
	Email    string `json:"email"`
	// EmailVerified says that an administrator vouched for the address.
	EmailVerified bool   `json:"email_verified,omitempty"`
	Role          string `json:"role"`
}

// UserUpdated is the event that attributes changed. Before and After hold the changed
// ones; of the password they hold only the name.
type UserUpdated struct {
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
}

// UserDeleted is the event that an account was erased.
type UserDeleted struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Role     string `json:"role"`
}

// LinkMade is the event that a one-time link was made for a user, and LinkUsed that it was
// used. Mailed: it went to the user's address, or to the one that they want; otherwise an
// administrator was shown it.
type (
	LinkMade struct {
		Purpose store.LinkPurpose `json:"purpose"`
		Mailed  bool              `json:"mailed"`
	}
	LinkUsed struct {
		Purpose store.LinkPurpose `json:"purpose"`
	}
)

// AddressTaken is the event that somebody tried to sign up with the address of the subject.
type AddressTaken struct{}

// ClientCreated, ClientUpdated, ClientAdopted, ClientDeleted and ClientSecretRotated are the
// events that a client was registered, changed, made a registered one, removed or given a new
// secret.
type (
	ClientCreated struct {
		Name string `json:"name"`
	}
	ClientUpdated struct {
		Before map[string]any `json:"before"`
		After  map[string]any `json:"after"`
	}
	ClientAdopted struct {
		Name string `json:"name"`
	}
	ClientDeleted struct {
		Name string `json:"name"`
	}
	ClientSecretRotated struct {
		OldUntil string `json:"old_until"` // RFC 3339
	}
)

// APICreated, APIUpdated and APIDeleted are the events that an API was registered, changed
// or removed.
type (
	APICreated struct {
		Name       string `json:"name"`
		Identifier string `json:"identifier"`
	}
	APIUpdated struct {
		Before map[string]any `json:"before"`
		After  map[string]any `json:"after"`
	}
	APIDeleted struct {
		Name       string `json:"name"`
		Identifier string `json:"identifier"`
	}
)

// MailSent and MailFailed are the events that the mail server took a message, or that it was
// given up. The subject is the user whom it is about; nothing says its address or its text.
type (
	MailSent struct {
		Purpose string `json:"purpose"` // such as "reset"
	}
	MailFailed struct {
		Purpose string `json:"purpose"`
		Reason  string `json:"reason"` // such as "connection" or "refused 550 5.1.1"
		Tries   int    `json:"tries"`
	}
)

// KeyCreated and KeyRetired are the events that a signing key was published or withdrawn.
type (
	KeyCreated struct {
		// Algorithm is empty in events of earlier releases, whose keys are all of RS256.
		Algorithm  string `json:"algorithm,omitempty"`
		Generation int64  `json:"generation"`
		SignFrom   string `json:"sign_from"` // RFC 3339
	}
	KeyRetired struct {
		Algorithm  string `json:"algorithm,omitempty"` // likewise
		Generation int64  `json:"generation"`
	}
)

// KeysRewrapped is the event that the signing keys were sealed under another master key.
type KeysRewrapped struct {
	MasterKey string `json:"master_key"` // its ID, which reveals nothing about it
	Keys      int    `json:"keys"`
}

// EpochBegan is the event that everything issued before became void, because the database
// was restored from a backup.
type EpochBegan struct {
	Began string `json:"began"` // RFC 3339
}

// DatabaseRestored is the event that a backup replaced the database.
type DatabaseRestored struct {
	Backup string `json:"backup"` // the file's name
	// Carried is how many users, clients and APIs lost rights after the backup, and lost them
	// again after the restore.
	Carried int `json:"carried"`
	// Until is the time of the last event in the backup (RFC 3339); later users are
	// missing from it. Kept is the new name of the replaced database, if its withdrawals
	// were carried over.
	Until string `json:"until,omitempty"`
	Kept  string `json:"kept,omitempty"`
}

// Kind implements Kind.
func (SignInOK) Kind() string            { return "signin.ok" }
func (SignInRefused) Kind() string       { return "signin.refused" }
func (AttackSuspected) Kind() string     { return "attack.suspected" }
func (SessionEnded) Kind() string        { return "session.ended" }
func (SessionsVoided) Kind() string      { return "sessions.voided" }
func (SessionsEnded) Kind() string       { return "sessions.ended" }
func (BrowserEnded) Kind() string        { return "browser.ended" }
func (TokenReused) Kind() string         { return "token.reused" }
func (TokenRepeated) Kind() string       { return "token.repeated" }
func (TokenRevoked) Kind() string        { return "token.revoked" }
func (UserCreated) Kind() string         { return "user.created" }
func (UserUpdated) Kind() string         { return "user.updated" }
func (UserDeleted) Kind() string         { return "user.deleted" }
func (LinkMade) Kind() string            { return "link.made" }
func (LinkUsed) Kind() string            { return "link.used" }
func (AddressTaken) Kind() string        { return "signup.taken" }
func (ClientCreated) Kind() string       { return "client.created" }
func (ClientUpdated) Kind() string       { return "client.updated" }
func (ClientAdopted) Kind() string       { return "client.adopted" }
func (ClientDeleted) Kind() string       { return "client.deleted" }
func (ClientSecretRotated) Kind() string { return "client.secret_rotated" }
func (APICreated) Kind() string          { return "api.created" }
func (APIUpdated) Kind() string          { return "api.updated" }
func (APIDeleted) Kind() string          { return "api.deleted" }
func (MailSent) Kind() string            { return "mail.sent" }
func (MailFailed) Kind() string          { return "mail.failed" }
func (KeyCreated) Kind() string          { return "key.created" }
func (KeyRetired) Kind() string          { return "key.retired" }
func (KeysRewrapped) Kind() string       { return "key.rewrapped" }
func (EpochBegan) Kind() string          { return "epoch.began" }
func (DatabaseRestored) Kind() string    { return "database.restored" }
