package audit

import (
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// Kinds has one event of every kind. The API document lists their names in this order.
var Kinds = []Kind{
	SignInOK{}, SignInRefused{}, AttackSuspected{}, SessionEnded{}, SessionsVoided{}, SessionsEnded{}, BrowserEnded{}, TokenReused{}, TokenRepeated{}, TokenRevoked{},
	UserCreated{}, UserUpdated{}, UserDeleted{}, ConsentGranted{}, ConsentWithdrawn{}, DeviceDecided{},
	ClientCreated{}, ClientUpdated{}, ClientDeleted{}, ClientSecretRotated{},
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

// SignInRefused is the event that a name and password were refused. Reason is for
// operators; the caller does not learn it.
type SignInRefused struct {
	Method signin.Method `json:"method"`
	Reason string        `json:"reason"` // "unknown", "password", "inactive", "role"
}

// AttackSuspected is the event that so much failed in an hour that somebody must be
// guessing: at the subject's password, or, without a subject, at many accounts or codes
// from one network. It is recorded once an hour for each.
type AttackSuspected struct {
	What    string `json:"what"`              // "signin", "user_code" or "signup"
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
	Role     string `json:"role"`
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

// ClientCreated, ClientUpdated, ClientDeleted and ClientSecretRotated are the events that
// a client was registered, changed, removed or given a new secret.
type (
	ClientCreated struct {
		Name string `json:"name"`
	}
	ClientUpdated struct {
		Before map[string]any `json:"before"`
		After  map[string]any `json:"after"`
	}
	ClientDeleted struct {
		Name string `json:"name"`
	}
	ClientSecretRotated struct {
		OldUntil string `json:"old_until"` // RFC 3339
	}
)

// KeyCreated and KeyRetired are the events that a signing key was published or withdrawn.
type (
	KeyCreated struct {
		Generation int64  `json:"generation"`
		SignFrom   string `json:"sign_from"` // RFC 3339
	}
	KeyRetired struct {
		Generation int64 `json:"generation"`
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
	// Carried is how many users and clients lost rights after the backup, and lost them
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
func (ClientCreated) Kind() string       { return "client.created" }
func (ClientUpdated) Kind() string       { return "client.updated" }
func (ClientDeleted) Kind() string       { return "client.deleted" }
func (ClientSecretRotated) Kind() string { return "client.secret_rotated" }
func (KeyCreated) Kind() string          { return "key.created" }
func (KeyRetired) Kind() string          { return "key.retired" }
func (KeysRewrapped) Kind() string       { return "key.rewrapped" }
func (EpochBegan) Kind() string          { return "epoch.began" }
func (DatabaseRestored) Kind() string    { return "database.restored" }
