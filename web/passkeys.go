package web

import "net/http"

// Passkeys lists the passkeys of the person who is signed in.
var Passkeys = accountPage[PasskeysData]("account_passkeys")

// PasskeysData fills Passkeys.
type PasskeysData struct {
	Room
	Passkeys []Passkey
	// Only says that the one passkey is the only way into the account.
	Only bool
	// Said is what has just been done, and Problem why something was not; empty: nothing.
	Said, Problem string
	// Renamed is the ID of the passkey whose name, Typed, has Errors.
	Renamed, Typed string
	Errors         map[string][]string
	Signals        []Signal
}

// A Passkey is one that the page lists.
type Passkey struct {
	ID, Name string
	// Authenticator is its kind, such as "Windows Hello".
	Authenticator string
	// Synced passkeys are backed up.
	Synced bool
	// LastUsed is zero until the first sign-in with it.
	Created, LastUsed Moment
}

// A Signal is a method of PublicKeyCredential that tells the browser what passkeys there
// are, and its argument as JSON. The zero value tells nothing.
type Signal struct{ Name, What string }

var passkeyScript = load("static/passkey.js", "text/javascript; charset=utf-8")

// PasskeyScript returns the path and the handler of the script that talks to
// authenticators.
func PasskeyScript() (path string, serve http.HandlerFunc) {
	return passkeyScript.path, passkeyScript.serve
}
