package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"gatehouse/internal/audit"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// Ask begins a sign-in with any passkey, and returns the options for
// navigator.credentials.get. They are the same whoever asks: the authenticator knows its
// people, so the server names none. ClientID is the app that asks; empty: our own pages.
func (c *Ceremonies) Ask(ctx context.Context, clientID string) (json.RawMessage, error) {
	if !c.On() {
		return nil, ErrOff
	}
	options, session, err := c.party(clientID).BeginDiscoverableLogin()
	if err != nil {
		return nil, fmt.Errorf("beginning a sign-in with a passkey: %w", err)
	}
	if err := c.keep(ctx, kind, session, store.User{}, clientID, 0); err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// party returns the relying party for our own pages or for an app.
func (c *Ceremonies) party(clientID string) *webauthn.WebAuthn {
	if clientID == "" {
		return c.Site.own
	}
	return c.Site.apps
}

// Answered verifies the answer of navigator.credentials.get, as PublicKeyCredential.toJSON
// writes it, and returns the proof of the person. It returns ErrRefused for any answer that
// does not hold, and an *Unknown for a credential that nobody has.
//
// The proof uses the passkey in the transaction that honours it: of several answers with one
// counter, as of an authenticator and its copy, one begins something.
func (c *Ceremonies) Answered(ctx context.Context, clientID string, method signin.Method, answer []byte) (signin.Proof, error) {
	if !c.On() {
		return signin.Proof{}, ErrOff
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return signin.Proof{}, refused(err)
	}
	session, err := c.take(ctx, kind, parsed.Response.CollectedClientData.Challenge, store.User{}, clientID)
	if err != nil {
		return signin.Proof{}, err
	}
	p, user, err := c.find(ctx, parsed.RawID)
	if err != nil {
		return signin.Proof{}, err
	}
	key, err := c.verify(clientID, session, parsed, p, user)
	switch {
	case err != nil:
		return signin.Proof{}, c.record(ctx, user, audit.SignInRefused{Method: method, Reason: "passkey"}, err)
	case !user.Active:
		return signin.Proof{}, c.record(ctx, user, audit.SignInRefused{Method: method, Reason: "inactive"}, fmt.Errorf("%w: inactive", ErrRefused))
	case key.Authenticator.CloneWarning:
		return signin.Proof{}, c.record(ctx, user, audit.PasskeyCopied{Name: p.Name, Counter: counterOf(parsed)}, fmt.Errorf("%w: the counter went back", ErrRefused))
	}
	use, err := use(p, key)
	return signin.Passkey(user, method, c.Now(), use), err
}

// find returns the passkey with this ID, and its person.
func (c *Ceremonies) find(ctx context.Context, id []byte) (store.Passkey, store.User, error) {
	p, err := c.DB.PasskeyByID(ctx, id)
	if err != nil {
		return store.Passkey{}, store.User{}, unknown(id, err)
	}
	user, err := c.DB.UserByID(ctx, p.UserID)
	return p, user, unknown(id, err)
}

func unknown(id []byte, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return &Unknown{ID: id}
	}
	if err != nil {
		return fmt.Errorf("reading a passkey: %w", err)
	}
	return nil
}

// verify checks challenge, origin, relying party, flags and signature. The credential has
// a CloneWarning if the counter has not risen since the last use on record.
func (c *Ceremonies) verify(clientID string, session webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData, p store.Passkey, user store.User) (*webauthn.Credential, error) {
	o, err := ownerOf(user, p)
	if err != nil {
		return nil, err
	}
	key, err := c.party(clientID).ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil }, session, answer)
	if err != nil {
		return nil, refused(err)
	}
	return key, nil
}

func counterOf(answer *protocol.ParsedCredentialAssertionData) uint32 {
	return answer.Response.AuthenticatorData.Counter
}

// use returns the step that uses the passkey once: it writes the counter and what the
// authenticator said of itself (WebAuthn Level 3 §7.2, step 22).
func use(p store.Passkey, key *webauthn.Credential) (signin.Use, error) {
	now, err := encode(*key)
	if err != nil {
		return nil, err
	}
	p.Credential, p.SignCount = now.Credential, now.SignCount
	return func(tx store.Tx, at time.Time) error {
		p := p
		p.LastUsedAt = at
		used, err := tx.UsePasskey(p)
		switch {
		case errors.Is(err, store.ErrNotFound): // it has just been removed
			return signin.ErrCredentialsChanged
		case err != nil:
			return fmt.Errorf("using a passkey: %w", err)
		case !used:
			return signin.ErrFactorUsed
		}
		return nil
	}, nil
}

// record writes the evidence of a refusal, and returns the refusal. Any other error is
// returned as it is.
func (c *Ceremonies) record(ctx context.Context, user store.User, what audit.Kind, refusal error) error {
	if !errors.Is(refusal, ErrRefused) {
		return refusal
	}
	event := audit.Event{Actor: "anonymous", Subject: audit.UserSubject(user.Sub), What: what}
	err := c.DB.Write(ctx, func(tx store.Tx) error { return tx.Audit(event.Record(ctx, c.Now())) })
	if err != nil {
		return fmt.Errorf("recording a refused passkey: %w", err)
	}
	return refusal
}
