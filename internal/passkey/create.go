package passkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"gatehouse/store"
)

// Create begins to make a passkey for the person, and returns the options for
// navigator.credentials.create: a discoverable credential on an authenticator that
// verifies the person and has none of theirs yet.
func (c *Ceremonies) Create(ctx context.Context, user store.User) (json.RawMessage, error) {
	if !c.On() {
		return nil, ErrOff
	}
	has, err := c.DB.ListPasskeys(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("reading passkeys: %w", err)
	}
	return c.create(ctx, kind, user, maxOpen, has...)
}

// CreateFirst is Create for somebody who signs up, with the account that they will have.
// CreatedFirst verifies the answer.
func (c *Ceremonies) CreateFirst(ctx context.Context, newcomer store.User) (json.RawMessage, error) {
	if !c.On() {
		return nil, ErrOff
	}
	return c.create(ctx, kindFirst, newcomer, 0)
}

func (c *Ceremonies) create(ctx context.Context, kind string, user store.User, most int, has ...store.Passkey) (json.RawMessage, error) {
	o, err := ownerOf(user, has...)
	if err != nil {
		return nil, err
	}
	options, session, err := c.Site.own.BeginRegistration(o, webauthn.WithExclusions(o.descriptors()))
	if err != nil {
		return nil, fmt.Errorf("beginning to make a passkey: %w", err)
	}
	if err := c.keep(ctx, kind, session, user, "", most); err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// Created verifies the answer of navigator.credentials.create, as
// PublicKeyCredential.toJSON writes it, and returns the passkey, which is not on record
// yet. It returns ErrRefused for any answer that does not hold.
func (c *Ceremonies) Created(ctx context.Context, user store.User, answer []byte) (store.Passkey, error) {
	parsed, session, err := c.answered(ctx, kind, user, answer)
	if err != nil {
		return store.Passkey{}, err
	}
	return c.made(user, session, parsed)
}

// CreatedFirst is Created for CreateFirst. It also returns the subject for which the
// passkey was made, and which the account must get.
func (c *Ceremonies) CreatedFirst(ctx context.Context, answer []byte) (sub string, p store.Passkey, err error) {
	parsed, session, err := c.answered(ctx, kindFirst, store.User{}, answer)
	if err != nil {
		return "", store.Passkey{}, err
	}
	sub = string(session.UserID)
	p, err = c.made(store.User{Sub: sub}, session, parsed)
	return sub, p, err
}

// answered reads an answer and uses up its ceremony.
func (c *Ceremonies) answered(ctx context.Context, kind string, user store.User, answer []byte) (*protocol.ParsedCredentialCreationData, webauthn.SessionData, error) {
	if !c.On() {
		return nil, webauthn.SessionData{}, ErrOff
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, webauthn.SessionData{}, refused(err)
	}
	session, err := c.take(ctx, kind, parsed.Response.CollectedClientData.Challenge, user, "")
	return parsed, session, err
}

// made verifies what the authenticator made for the person.
func (c *Ceremonies) made(user store.User, session webauthn.SessionData, parsed *protocol.ParsedCredentialCreationData) (store.Passkey, error) {
	key, err := c.Site.own.CreateCredential(owner{user: user}, session, parsed)
	if err != nil {
		return store.Passkey{}, refused(err)
	}
	p, err := encode(*key)
	if err != nil {
		return store.Passkey{}, err
	}
	if len(p.ID) == 0 || len(p.ID) > store.MaxPasskeyID {
		return store.Passkey{}, fmt.Errorf("%w: a credential ID of %d bytes", ErrRefused, len(p.ID))
	}
	p.UserID, p.Name, p.CreatedAt = user.ID, nameOf(key.Authenticator.AAGUID), c.Now()
	return p, nil
}

// refused makes an ErrRefused of a refusal of go-webauthn, with its details for the log.
func refused(err error) error {
	if detailed, ok := err.(*protocol.Error); ok { //nolint:errorlint // only the outermost has the details
		return fmt.Errorf("%w: %s: %s", ErrRefused, detailed.Details, detailed.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}
