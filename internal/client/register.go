package client

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/internal/secret"
	"gatehouse/store"
)

// ErrRegistrationToken refuses a token that allows nothing: it is unknown, expired, used
// up or withdrawn, or not the one of the client.
var ErrRegistrationToken = errors.New("client: not a registration token that is good for this")

// An Admission says by what right an app registers itself.
type Admission struct {
	// Token is an initial access token (RFC 7591 §3). Without one, the client counts for
	// the network From, and needs room.
	Token, From string
	Room        store.Room
}

// Credentials are what a client has to keep. A secret or token is empty unless it was made
// just now.
type Credentials struct {
	Client store.Client
	// Secret is the client's secret, and Token its registration access token.
	Secret, Token string
}

// Register registers an app that asks for it itself (RFC 7591 §3.1). It returns
// ErrRegistrationToken, a *fields.Errors or store.ErrFull.
func (s *Service) Register(ctx context.Context, m Metadata, a Admission) (Credentials, error) {
	now, token := s.Now(), secret.New()
	c := fresh(now)
	c.ID, c.Origin = strings.ToLower(rand.Text()), store.OriginDynamic
	c.Registration = store.Registration{Token: store.DigestOf(token), From: a.From}
	all, err := s.known(ctx, m.Scope)
	if err != nil {
		return Credentials{}, err
	}
	supported, err := s.supported(ctx, m.IDTokenAlg)
	if err != nil {
		return Credentials{}, err
	}
	faults := &fields.Errors{}
	s.describe(&c, m, "", all, supported, faults)
	if err := faults.Err(); err != nil && a.Token == "" {
		return Credentials{}, err
	}
	from, err := s.signsFrom(ctx, audit.Registration, m.IDTokenAlg, supported)
	if err != nil {
		return Credentials{}, err
	}
	from.settle(&c, fresh(now))
	made := settleSecrets(&c, now)
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		actor, err := a.use(tx, now)
		if err == nil {
			err = faults.Err() // after the token, which it does not use up
		}
		if err == nil {
			err = tx.RegisterClient(c, a.Room)
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, actor, c.ID, audit.ClientCreated{Name: c.Name}, now)
	})
	if err != nil {
		return Credentials{}, fmt.Errorf("registering a client that asks for it: %w", err)
	}
	return Credentials{c, made, token}, nil
}

// use uses the initial access token, if there is one, and returns the actor.
func (a Admission) use(tx store.Tx, now time.Time) (actor string, err error) {
	if a.Token == "" {
		return audit.Registration, nil
	}
	token, err := tx.UseRegistrationToken(store.DigestOf(a.Token), now)
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrRegistrationToken
	}
	return audit.RegistrationSubject(token.ID), err
}

// holds checks a registration access token (RFC 7592 §1.2). A client that is disabled, or
// that an administrator has adopted, cannot be managed with it.
func holds(c store.Client, token string) error {
	digest := store.DigestOf(token)
	fits := subtle.ConstantTimeCompare(digest[:], c.Registration.Token[:]) == 1
	if !fits || c.Origin != store.OriginDynamic || c.Disabled {
		return ErrRegistrationToken
	}
	return nil
}

// Registered returns a client to itself (RFC 7592 §2.1), or ErrRegistrationToken.
func (s *Service) Registered(ctx context.Context, id, token string) (store.Client, error) {
	c, err := s.DB.ClientByID(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Client{}, ErrRegistrationToken
	case err != nil:
		return store.Client{}, fmt.Errorf("reading a client for itself: %w", err)
	}
	return c, holds(c, token)
}

// lockOwn is Registered for a change.
func lockOwn(tx store.Tx, id, token string) (store.Client, error) {
	c, err := tx.LockClient(id)
	if errors.Is(err, store.ErrNotFound) {
		return c, ErrRegistrationToken
	}
	if err != nil {
		return c, err
	}
	return c, holds(c, token)
}

// Replace replaces what a client said of itself (RFC 7592 §2.2). It returns
// ErrRegistrationToken or a *fields.Errors.
func (s *Service) Replace(ctx context.Context, id, token string, m Metadata) (Credentials, error) {
	var now Credentials
	var ended store.EndResult
	all, err := s.known(ctx, m.Scope)
	if err != nil {
		return Credentials{}, err
	}
	supported, err := s.supported(ctx, m.IDTokenAlg)
	if err != nil {
		return Credentials{}, err
	}
	from, err := s.signsFrom(ctx, audit.ClientSubject(id), m.IDTokenAlg, supported)
	if err != nil {
		return Credentials{}, err
	}
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		now, ended = Credentials{}, store.EndResult{}
		was, err := lockOwn(tx, id, token)
		if err != nil {
			return err
		}
		if now.Client, err = s.replaced(was, m, all, supported); err != nil {
			return err
		}
		from.settle(&now.Client, was)
		now.Secret = settleSecrets(&now.Client, now.Client.UpdatedAt)
		ended, err = s.putOwn(ctx, tx, was, now.Client)
		return err
	})
	if err != nil {
		return Credentials{}, fmt.Errorf("changing a client for itself: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return now, nil
}

// putOwn records a change that a client made to itself.
func (s *Service) putOwn(ctx context.Context, tx store.Tx, was, is store.Client) (ended store.EndResult, err error) {
	actor := audit.ClientSubject(is.ID)
	if err := tx.PutClient(is); err != nil {
		return ended, err
	}
	if changed := Change(was, is); len(changed.After) > 0 {
		if err := record(ctx, tx, actor, is.ID, changed, is.UpdatedAt); err != nil {
			return ended, err
		}
	}
	if was.AuthMethod != is.AuthMethod { // as in Update
		ended, err = s.end(ctx, tx, actor, is.ID, store.EndedClientAuth, is.UpdatedAt)
	}
	return ended, err
}

// replaced returns the client with other metadata. What is not sent gets its default, but
// what an administrator has set stays.
func (s *Service) replaced(was store.Client, m Metadata, all []store.API, supported []string) (store.Client, error) {
	is, faults := was, &fields.Errors{}
	is.Name, is.AuthMethod, is.GrantTypes, is.Scope = "", DefaultMethod, []string{DefaultGrant}, ""
	is.RedirectURIs, is.PostLogoutRedirectURIs = nil, nil
	is.IDTokenSigning = byDefault()
	is.BackchannelLogoutURI, is.BackchannelSession, is.JWKS, is.JWKSURI = "", false, "", ""
	is.UpdatedAt = s.Now()
	s.describe(&is, m, was.Scope, all, supported, faults)
	confirmIdentity(was, m, is.UpdatedAt, faults)
	if redirectsElsewhere(was, is) || is.Public() && !was.Public() {
		is.AskSince = is.UpdatedAt.Add(time.Millisecond) // a consent of now is one to what it was
	}
	return is, faults.Err()
}

// redirectsElsewhere reports whether a client has a redirect URI that it did not have.
// Codes of people who allowed it would go there.
func redirectsElsewhere(was, is store.Client) bool {
	return slices.ContainsFunc(is.RedirectURIs, func(uri string) bool { return !slices.Contains(was.RedirectURIs, uri) })
}

// confirmIdentity compares the ID and the secret with those that the client has. It cannot
// choose others (RFC 7592 §2.2).
func confirmIdentity(was store.Client, m Metadata, now time.Time, faults *fields.Errors) {
	if !m.ID.Is() || m.ID.Value != was.ID {
		faults.Add("client_id", "Send the ID of the client.")
	}
	if m.Secret.Sent && !secretFits(was, m.Secret.Value, now) {
		faults.Add("client_secret", "This is not the secret of the client, and it cannot choose one.")
	}
}

func secretFits(c store.Client, text string, now time.Time) bool {
	digest, found := store.DigestOf(text), 0
	for _, kept := range c.Secrets {
		if kept.ExpiresAt.IsZero() || now.Before(kept.ExpiresAt) {
			found |= subtle.ConstantTimeCompare(digest[:], kept.Digest[:])
		}
	}
	return found == 1
}

// Unregister deletes a client for itself (RFC 7592 §2.3), or returns ErrRegistrationToken.
func (s *Service) Unregister(ctx context.Context, id, token string) error {
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		ended = store.EndResult{}
		c, err := lockOwn(tx, id, token)
		if err != nil {
			return err
		}
		ended, err = s.erase(ctx, tx, audit.ClientSubject(id), c)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting a client for itself: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}
