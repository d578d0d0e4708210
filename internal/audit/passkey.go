package audit

// PasskeyRenamed is the event that a user called a passkey something else.
type PasskeyRenamed struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// PasskeyCopied is the event that a sign-in was refused because the authenticator's counter
// had not risen since the last use: there may be a copy of it (WebAuthn Level 3 §6.1.1).
type PasskeyCopied struct {
	Name    string `json:"name"`
	Counter uint32 `json:"counter"`
}

// Kind implements Kind.
func (PasskeyRenamed) Kind() string { return "passkey.renamed" }
func (PasskeyCopied) Kind() string  { return "passkey.copied" }
