package chromium

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// An Authenticator is one that belongs to a tab. It verifies its person, and answers
// without a touch.
type Authenticator struct {
	tab *Tab
	id  webauthn.AuthenticatorID
}

// Authenticator gives the tab an authenticator that keeps passkeys.
func (b *Tab) Authenticator() *Authenticator {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatalf("driving the browser: %v", err)
	}
	added, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, Ctap2version: webauthn.Ctap2versionCtap21,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	if err != nil {
		b.t.Fatalf("giving the tab an authenticator: %v", err)
	}
	return &Authenticator{b, added.AuthenticatorID}
}

// Passkeys returns what the authenticator keeps.
func (a *Authenticator) Passkeys() []*webauthn.Credential {
	a.tab.t.Helper()
	found, err := chromedp.Call(a.tab.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
	if err != nil {
		a.tab.t.Fatalf("reading the authenticator: %v", err)
	}
	return found.Credentials
}

// Rewind sets the counter of a passkey back, as that of a copy is.
func (a *Authenticator) Rewind(key *webauthn.Credential, counter int) {
	a.tab.t.Helper()
	_, err := chromedp.Call(a.tab.ctx, webauthn.RemoveCredential, webauthn.RemoveCredentialParams{AuthenticatorID: a.id, CredentialID: key.CredentialID})
	if err == nil {
		_, err = chromedp.Call(a.tab.ctx, addCredential, addParams{a.id, credential{key.CredentialID, true, key.RpID, key.PrivateKey, key.UserHandle, counter}})
	}
	if err != nil {
		a.tab.t.Fatalf("replacing a passkey: %v", err)
	}
}

// addCredential is webauthn.AddCredential without the members of an extension, which
// cdproto always sends and this authenticator does not have.
var addCredential = cdp.Command[addParams, cdp.Empty]{Method: webauthn.CommandAddCredential}

type addParams struct {
	AuthenticatorID webauthn.AuthenticatorID `json:"authenticatorId"`
	Credential      credential               `json:"credential"`
}

type credential struct {
	CredentialID         []byte `json:"credentialId"`
	IsResidentCredential bool   `json:"isResidentCredential"`
	RpID                 string `json:"rpId"`
	PrivateKey           []byte `json:"privateKey"`
	UserHandle           []byte `json:"userHandle"`
	SignCount            int    `json:"signCount"`
}

// Absent keeps the person away from the authenticator, or brings them back: nothing is
// answered meanwhile.
func (a *Authenticator) Absent(away bool) {
	a.tab.t.Helper()
	_, err := chromedp.Call(a.tab.ctx, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: !away})
	if err != nil {
		a.tab.t.Fatalf("driving the authenticator: %v", err)
	}
}
