package passkey

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"gatehouse/store"
)

// An owner is a person with their passkeys, as go-webauthn sees them.
type owner struct {
	user store.User
	keys []webauthn.Credential
}

// Handle is the user handle of a person: their subject, which is random and says nothing.
func Handle(user store.User) []byte { return []byte(user.Sub) }

// WebAuthnID implements webauthn.User.
func (o owner) WebAuthnID() []byte { return Handle(o.user) }

// WebAuthnName implements webauthn.User.
func (o owner) WebAuthnName() string { return o.user.Username }

// WebAuthnDisplayName implements webauthn.User.
func (o owner) WebAuthnDisplayName() string { return DisplayName(o.user) }

// WebAuthnCredentials implements webauthn.User.
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

// DisplayName is what browsers call the person beside the passkey.
func DisplayName(u store.User) string {
	return cmp.Or(u.FullName(), u.Username)
}

// ownerOf returns the person with these passkeys.
func ownerOf(user store.User, all ...store.Passkey) (owner, error) {
	o := owner{user: user}
	for _, p := range all {
		key, err := decode(p)
		if err != nil {
			return owner{}, err
		}
		o.keys = append(o.keys, key)
	}
	return o, nil
}

// decode returns the credential of a record. The counter is that of the record.
func decode(p store.Passkey) (key webauthn.Credential, err error) {
	if err := json.Unmarshal(p.Credential, &key); err != nil {
		return key, fmt.Errorf("decoding a passkey: %w", err)
	}
	key.ID, key.Authenticator.SignCount = p.ID, p.SignCount
	return key, nil
}

// encode returns the record of a credential. It leaves out what was only needed to check
// where the authenticator comes from, and what the record has in columns of its own.
func encode(key webauthn.Credential) (store.Passkey, error) {
	p := store.Passkey{ID: key.ID, SignCount: key.Authenticator.SignCount}
	key.ID, key.Authenticator.SignCount, key.Attestation = nil, 0, webauthn.CredentialAttestation{}
	key.Authenticator.CloneWarning = false
	content, err := json.Marshal(key)
	if err != nil {
		return p, fmt.Errorf("encoding a passkey: %w", err)
	}
	p.Credential = content
	return p, nil
}

// A Description is what a person may know of a passkey of theirs beside its record.
type Description struct {
	// Authenticator is its kind, such as "Windows Hello", or "Passkey".
	Authenticator string
	// Synced passkeys are backed up, so that they outlive the device (WebAuthn Level 3 §4,
	// backup state).
	Synced bool
}

// Describe returns what is known of a passkey. One that cannot be read is a plain one.
func Describe(p store.Passkey) Description {
	key, err := decode(p)
	if err != nil {
		return Description{Authenticator: nameOf(nil)}
	}
	return Description{Authenticator: nameOf(key.Authenticator.AAGUID), Synced: key.Flags.BackupState}
}

// descriptors returns the credentials for a list of exclusions.
func (o owner) descriptors() (all []protocol.CredentialDescriptor) {
	for _, key := range o.keys {
		all = append(all, key.Descriptor())
	}
	return all
}
