// Package client is the registration of clients (RFC 6749 §2): their rules, their
// secrets, their deletion, and a cache. Package clientauth authenticates them.
package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/attribute"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// Service registers clients.
type Service struct {
	DB interface {
		store.Clients
		store.Registrations
		UserByName(ctx context.Context, key string) (store.User, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Ends ends sessions, and forgets them after the commit.
	Ends interface {
		All(ctx context.Context, tx store.Tx, e store.End) (store.EndResult, error)
		Forget(ctx context.Context, ended ...store.EndResult)
	}
	// APIs returns every API, for the scopes that a client may be registered for.
	APIs interface {
		All(ctx context.Context) ([]store.API, error)
	}
	// Keys has the algorithms that ID tokens and refresh tokens may be signed with.
	Keys interface {
		attribute.Keys
		Algorithms(ctx context.Context) ([]string, error)
	}
	// Cursors seals the cursors of the list of clients.
	Cursors cursor.Sealer
	// MaxRefreshIdle is the longest life of one refresh token; 0 means a year. A token
	// must not outlive the key that verifies it, and session.Lifetimes enforces the same.
	MaxRefreshIdle time.Duration
	// KeepUnused is how long a client that registered itself stays without being used, if
	// that is more than unusedKeep: as long as a session may be idle.
	KeepUnused time.Duration
	// Grants are the grant types that a client may be registered for.
	Grants grant.List
	Now    func() time.Time
	Log    *slog.Logger
}

// The defaults of a registration (RFC 7591 §2).
const (
	DefaultMethod = store.SecretBasic
	DefaultGrant  = grant.AuthorizationCode
)

// Create registers a client and returns it with its secret, unless the caller brought one.
// The store has only the secret's digest, so it cannot be shown again; a public client
// has no secret. An
// invalid registration is a *fields.Errors.
func (s *Service) Create(ctx context.Context, actor authz.Actor, in Input) (store.Client, string, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.Client{}, "", err
	}
	now := s.Now()
	c := fresh(now)
	faults := &fields.Errors{}
	if err := s.assignID(ctx, &c, in.ID, faults); err != nil {
		return store.Client{}, "", err
	}
	all, err := s.known(ctx, in.Scope)
	if err != nil {
		return store.Client{}, "", err
	}
	s.examineNew(&c, in, all, faults)
	if err := faults.Err(); err != nil {
		return store.Client{}, "", err
	}
	from, err := s.begin(ctx, actor, in)
	if err != nil {
		return store.Client{}, "", fmt.Errorf("registering a client: %w", err)
	}
	from.settle(&c, fresh(now))
	secret := settleSecrets(&c, now)
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		if err := tx.CreateClient(c); err != nil {
			return err
		}
		return record(ctx, tx, actor.String(), c.ID, audit.ClientCreated{Name: c.Name}, now)
	})
	if errors.Is(err, store.ErrConflict) {
		return store.Client{}, "", fields.New("client_id", idTaken)
	}
	if err != nil {
		return store.Client{}, "", fmt.Errorf("registering a client: %w", err)
	}
	return c, secret, nil
}

// fresh returns a new client with the defaults.
func fresh(now time.Time) store.Client {
	return store.Client{
		AuthMethod: DefaultMethod, GrantTypes: []string{DefaultGrant}, Rotation: store.RotationStrict,
		IDTokenSigning: byDefault(), RefreshSigning: byDefault(), CreatedAt: now, UpdatedAt: now,
	}
}

func (s *Service) examineNew(c *store.Client, in Input, all []store.API, faults *fields.Errors) {
	if !in.Name.Sent {
		faults.Add("name", fields.Required)
	}
	s.examine(c, in, "", all, faults)
	bring(c, in.Secret, c.CreatedAt, faults)
}

// Check returns what Create finds wrong without a store, and so without APIs of others.
func (s *Service) Check(in Input) error {
	c, faults := fresh(s.Now()), &fields.Errors{}
	readID(&c, in.ID, faults)
	s.examineNew(&c, in, []store.API{apis.Own("")}, faults)
	return faults.Err()
}

// Describe applies in to c, by the rules of a registration. It does not touch the store. What
// cannot be registered is a *fields.Errors.
func (s *Service) Describe(c *store.Client, in Input) error {
	faults := &fields.Errors{}
	s.examine(c, in, "", []store.API{apis.Own("")}, faults)
	return faults.Err()
}

// Get returns a client, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id string) (store.Client, error) {
	return s.DB.ClientByID(ctx, id)
}

// Update changes the attributes that were sent or, if replaceAll, replaces everything but
// the ID, the secrets and the authentication method with its keys. A client that now
// needs a secret gets one, which is returned. A client that becomes public, or now
// signs with its own keys, loses its secrets. A client that is not as in.Shown says any more is
// not changed: version.ErrChanged.
func (s *Service) Update(ctx context.Context, actor authz.Actor, id string, in Input, replaceAll bool) (store.Client, string, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.Client{}, "", err
	}
	all, err := s.known(ctx, in.Scope)
	if err != nil {
		return store.Client{}, "", err
	}
	from, err := s.begin(ctx, actor, in)
	if err != nil {
		return store.Client{}, "", fmt.Errorf("changing a client: %w", err)
	}
	var after store.Client
	var secret string
	var ended store.EndResult
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended = store.EndResult{}
		was, is, made, err := s.update(ctx, tx, actor, id, in, all, from, replaceAll)
		if after, secret = is, made; err == nil && was.AuthMethod != is.AuthMethod {
			// A refresh token is for the client as it authenticated when the token was issued.
			ended, err = s.end(ctx, tx, actor.String(), id, store.EndedClientAuth, s.Now())
		}
		return err
	})
	if err != nil {
		return store.Client{}, "", fmt.Errorf("changing a client: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return after, secret, nil
}

// Version stands for all of a client that a change can overwrite.
func Version(c store.Client) (version.Tag, error) { return version.Of(shownOf(c)) }

// shownOf returns c without what changes by itself.
func shownOf(c store.Client) store.Client {
	c.LastUsedAt, c.Generation = time.Time{}, 0
	return c
}

// end ends all that is the client's.
func (s *Service) end(ctx context.Context, tx store.Tx, actor, id string, reason store.EndReason, now time.Time) (store.EndResult, error) {
	return s.Ends.All(ctx, tx, store.End{ClientID: id, Reason: reason, At: now, Actor: actor})
}

// update changes a client. From is when the algorithms sign that were sent.
func (s *Service) update(ctx context.Context, tx store.Tx, actor authz.Actor, id string, in Input, all []store.API, from beginnings, replaceAll bool) (was, is store.Client, secret string, err error) {
	if err = authz.ManageClients.AllowNow(tx, actor); err != nil {
		return was, is, "", err
	}
	if was, err = lock(tx, id, in.Shown); err != nil {
		return was, is, "", err
	}
	faults := &fields.Errors{}
	is = was
	if replaceAll {
		is = store.Client{
			ID: was.ID, Origin: was.Origin, AuthMethod: was.AuthMethod, AuthMethodPinned: was.AuthMethodPinned, Secrets: was.Secrets, GrantTypes: []string{DefaultGrant}, Rotation: store.RotationStrict, IDTokenSigning: byDefault(), RefreshSigning: byDefault(), CreatedAt: was.CreatedAt,
			JWKS: was.JWKS, JWKSURI: was.JWKSURI, AssertionAudience: was.AssertionAudience,
			Registration: was.Registration, AskSince: was.AskSince,
		}
		if !in.Name.Sent {
			faults.Add("name", fields.Required)
		}
	}
	s.examine(&is, in, was.Scope, all, faults)
	if err = faults.Err(); err != nil {
		return was, is, "", err
	}
	changed := Change(was, is)
	if err = described(was, changed); err != nil {
		return was, is, "", err
	}
	if len(changed.After) == 0 {
		return was, was, "", nil
	}
	now := s.Now()
	is.UpdatedAt = now
	from.settle(&is, was)
	secret = settleSecrets(&is, now)
	if err = tx.PutClient(is); err != nil {
		return was, is, "", err
	}
	return was, is, secret, record(ctx, tx, actor.String(), id, changed, now)
}

// lock returns a client that is still as shown says, or else version.ErrChanged.
func lock(tx store.Tx, id string, shown version.Tag) (store.Client, error) {
	c, err := tx.LockClient(id)
	if err == nil {
		err = shown.Check(shownOf(c))
	}
	return c, err
}

// Delete deletes a client and ends its sessions, if it is still as shown says.
func (s *Service) Delete(ctx context.Context, actor authz.Actor, id string, shown version.Tag) error {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return err
	}
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		c, err := lock(tx, id, shown)
		if err != nil {
			return err
		}
		ended, err = s.erase(ctx, tx, actor.String(), c)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting a client: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}

// erase deletes a client and ends its sessions. The ID of a client that registered itself
// is never given again, so nothing needs to remember it if nobody used the client.
func (s *Service) erase(ctx context.Context, tx store.Tx, actor string, c store.Client) (ended store.EndResult, err error) {
	now := s.Now()
	listed, err := forget(ctx, tx, actor, c.ID, now)
	if err != nil {
		return ended, err
	}
	var forgotten bool
	if c.Origin == store.OriginDynamic && !listed {
		if forgotten, err = tx.ForgetClient(c.ID); err != nil {
			return ended, err
		}
	}
	if !forgotten {
		if ended, err = s.end(ctx, tx, actor, c.ID, store.EndedClientDeleted, now); err != nil {
			return ended, err
		}
		if err := tx.DeleteClient(c.ID, now); err != nil {
			return ended, err
		}
	}
	return ended, record(ctx, tx, actor, c.ID, audit.ClientDeleted{Name: c.Name}, now)
}

func record(ctx context.Context, tx store.Tx, actor, id string, what audit.Kind, at time.Time) error {
	return tx.Audit(audit.Event{Actor: actor, Subject: audit.ClientSubject(id), What: what}.Record(ctx, at))
}
