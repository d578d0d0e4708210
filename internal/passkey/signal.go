package passkey

import (
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"

	"gatehouse/store"
)

// A Signal is what a page tells the browser about passkeys (WebAuthn Level 3 §5.1.10), so
// that it neither offers one that is gone nor shows an old name.
type Signal struct {
	// Name is the method of PublicKeyCredential, and What its argument as JSON.
	Name, What string
}

// Forget is the signal that nobody has the credential any more.
func (c *Ceremonies) Forget(id []byte) Signal {
	return signal("signalUnknownCredential", protocol.SignalUnknownCredential{CredentialID: id, RPID: c.Site.ID()})
}

// Signals are the signals for a person's own page: all passkeys that they have, and what
// they are called. None: there are no passkeys.
func (c *Ceremonies) Signals(user store.User, all []store.Passkey) []Signal {
	if !c.On() {
		return nil
	}
	ids := make([]protocol.URLEncodedBase64, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	return []Signal{
		signal("signalAllAcceptedCredentials", protocol.SignalAllAcceptedCredentials{AllAcceptedCredentialIDs: ids, RPID: c.Site.ID(), UserID: Handle(user)}),
		signal("signalCurrentUserDetails", protocol.SignalCurrentUserDetails{
			DisplayName: DisplayName(user), Name: user.Username, RPID: c.Site.ID(), UserID: Handle(user),
		}),
	}
}

func signal(name string, what any) Signal {
	text, _ := json.Marshal(what) // cannot fail: text and bytes
	return Signal{name, string(text)}
}
