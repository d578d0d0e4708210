package audit

// SignInOK: somebody signed in, and a session began.
type SignInOK struct {
	Method string `json:"method"` // "login", "page", "password"; "code" and "device" for what was redeemed
}

// SignInRefused: a name and password did not open. Reason is for operators; the
// caller learns none.
type SignInRefused struct {
	Method string `json:"method"`
	Reason string `json:"reason"` // "unknown", "password", "inactive", "role"
}

// SessionEnded: a session ended before its time.
type SessionEnded struct {
	Reason string `json:"reason"` // "logout", "revoked", "password changed", "deactivated", "deleted", "ended by admin", "ended by owner"
}

// BrowserEnded: somebody signed out of a browser, and of the apps that he had
// signed in to from there.
type BrowserEnded struct {
	Reason   string `json:"reason"` // "logout", "another person signed in"
	Sessions int    `json:"sessions"`
}

// TokenReused: a refresh token came back that had been used; its session ended (RFC 9700 §4.14.2).
type TokenReused struct {
	Gen     int64 `json:"gen"`
	Current int64 `json:"current"`
}

// TokenRevoked: an access token without a session was revoked.
type TokenRevoked struct {
	JTI string `json:"jti"`
}

// UserCreated: an account came to be. By tells how: "signup", "admin", "bootstrap", "cli".
type UserCreated struct {
	By       string `json:"by"`
	Username string `json:"username"`
	Email    string `json:"email"`
	Role     string `json:"role"`
}

// UserUpdated: attributes changed. Before and After hold those that did, without
// the password, of which only the name is given.
type UserUpdated struct {
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
}

// UserDeleted: an account was erased.
type UserDeleted struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Role     string `json:"role"`
}

// ClientCreated, ClientUpdated, ClientDeleted and ClientSecretRotated: an app
// was registered, changed, removed, given a new secret.
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

// KeyCreated and KeyRetired: a signing key was published, withdrawn.
type (
	KeyCreated struct {
		Generation int64  `json:"generation"`
		SignFrom   string `json:"sign_from"` // RFC 3339
	}
	KeyRetired struct {
		Generation int64 `json:"generation"`
	}
)

// KeysRewrapped: the signing keys were sealed under another master key.
type KeysRewrapped struct {
	MasterKey string `json:"master_key"` // its ID, which tells nothing of it
	Keys      int    `json:"keys"`
}

// EpochBegan: everything that was issued before was made void, after the database
// was restored from a backup.
type EpochBegan struct {
	Began string `json:"began"` // RFC 3339
}

// DatabaseRestored: a backup was put in the place of the database.
type DatabaseRestored struct {
	Backup string `json:"backup"` // the file's name
	// Carried is how many people and apps had rights taken away since the backup,
	// which were taken away again.
	Carried int `json:"carried"`
	// Until is the time of the last event in the backup (RFC 3339): whoever came later,
	// until the restoring, is not in it. Kept is the name that the replaced database has
	// since, if what it knew was carried over.
	Until string `json:"until,omitempty"`
	Kept  string `json:"kept,omitempty"`
}

// Kind implements Kind.
func (SignInOK) Kind() string            { return "signin.ok" }
func (SignInRefused) Kind() string       { return "signin.refused" }
func (SessionEnded) Kind() string        { return "session.ended" }
func (BrowserEnded) Kind() string        { return "browser.ended" }
func (TokenReused) Kind() string         { return "token.reused" }
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
