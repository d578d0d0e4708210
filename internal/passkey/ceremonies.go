package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"gatehouse/store"
)

// Ceremonies begin and finish the exchanges with authenticators. Each has a random
// challenge of 256 bits, which is also the name under which the server finds it again. It is
// good once, for five minutes, and only for what it was begun for: of the challenge the
// record keeps the digest.
type Ceremonies struct {
	DB interface {
		store.Passkeys
		UserByID(ctx context.Context, id int64) (store.User, error)
		AddChallenge(ctx context.Context, c store.Challenge, at time.Time, most int) error
		ChallengeByDigest(ctx context.Context, d store.Digest, at time.Time) (store.Challenge, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Site is nil if the issuer cannot have passkeys. Then no ceremony begins.
	Site *Site
	Now  func() time.Time
}

// The kinds of challenges: one answers by a passkey, makes another one, or makes the first
// one of somebody who has no account yet.
const (
	kind      = "passkey"
	kindFirst = "passkey.first"
)

const (
	// Life is how long a challenge is good.
	Life = 5 * time.Minute
	// maxOpen is how many passkeys one person may be about to make.
	maxOpen = 20
)

var (
	// ErrOff says that the issuer's host is an IP address, so that there are no passkeys.
	ErrOff = errors.New("passkey: the issuer cannot have passkeys")
	// ErrRefused says that an answer proves nothing: it is malformed, late, repeated, made
	// elsewhere, or wrongly signed.
	ErrRefused = errors.New("passkey: the answer was refused")
)

// An Unknown refuses a credential that nobody has here any more. The browser may be told
// to forget it.
type Unknown struct{ ID []byte }

func (e *Unknown) Error() string { return "passkey: an unknown credential" }

// Is makes an Unknown an ErrRefused.
func (e *Unknown) Is(target error) bool { return target == ErrRefused }

// On reports whether there are passkeys.
func (c *Ceremonies) On() bool { return c.Site != nil }

// keep stores a ceremony under its challenge. Most is how many of its person may be open.
func (c *Ceremonies) keep(ctx context.Context, kind string, session *webauthn.SessionData, user store.User, clientID string, most int) error {
	digest := store.DigestOf(session.Challenge)
	session.Challenge = ""
	content, err := json.Marshal(session)
	if err != nil {
		return fmt.Errorf("encoding a ceremony: %w", err)
	}
	now := c.Now()
	err = c.DB.AddChallenge(ctx, store.Challenge{
		Digest: digest, Kind: kind, UserID: user.ID, ClientID: clientID, Generation: user.Generation,
		Content: content, CreatedAt: now, ExpiresAt: now.Add(Life),
	}, now, most)
	if err != nil {
		return fmt.Errorf("keeping a ceremony: %w", err)
	}
	return nil
}

// take uses up the ceremony of a challenge, which must be one of this kind, person (zero:
// nobody yet) and client.
func (c *Ceremonies) take(ctx context.Context, kind, challenge string, user store.User, clientID string) (session webauthn.SessionData, err error) {
	now, digest := c.Now(), store.DigestOf(challenge)
	found, err := c.DB.ChallengeByDigest(ctx, digest, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return session, fmt.Errorf("%w: an unknown, late or used challenge", ErrRefused)
	case err != nil:
		return session, fmt.Errorf("reading a ceremony: %w", err)
	case found.Kind != kind || found.UserID != user.ID || found.Generation != user.Generation || found.ClientID != clientID:
		return session, fmt.Errorf("%w: a challenge that was given to somebody else", ErrRefused)
	}
	var first bool
	err = c.DB.Write(ctx, func(tx store.Tx) (err error) {
		first, err = tx.TakeChallenge(digest, now)
		return err
	})
	switch {
	case err != nil:
		return session, fmt.Errorf("using a ceremony: %w", err)
	case !first:
		return session, fmt.Errorf("%w: a challenge that has just been used", ErrRefused)
	}
	if err := json.Unmarshal(found.Content, &session); err != nil {
		return session, fmt.Errorf("decoding a ceremony: %w", err)
	}
	session.Challenge = challenge
	return session, nil
}
