// Package client is the registration of clients (RFC 6749 §2): their rules, their
// secrets, their deletion, and a cache. Package clientauth authenticates them.
package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// Service registers clients.
type Service struct {
	DB interface {
		store.Clients
		UserByName(ctx context.Context, key string) (store.User, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Ends ends sessions, and forgets them after the commit.
	Ends interface {
		All(ctx context.Context, tx store.Tx, e store.End) (store.EndResult, error)
		Forget(ctx context.Context, ended ...store.EndResult)
	}
	// Cursors seals the cursors of the list of clients.
	Cursors cursor.Sealer
	// MaxRefreshIdle is the longest life of one refresh token; 0 means a year. A token
	// must not outlive the key that verifies it, and session.Lifetimes enforces the same.
	MaxRefreshIdle time.Duration
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
	s.examineNew(&c, in, faults)
	if err := faults.Err(); err != nil {
		return store.Client{}, "", err
	}
	secret := settleSecrets(&c, now)
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := stillAllowed(tx, actor); err != nil {
			return err
		}
		if err := tx.CreateClient(c); err != nil {
			return err
		}
		return record(ctx, tx, actor, c.ID, audit.ClientCreated{Name: c.Name}, now)
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
	return store.Client{AuthMethod: DefaultMethod, GrantTypes: []string{DefaultGrant}, Rotation: store.RotationStrict, CreatedAt: now, UpdatedAt: now}
}

func (s *Service) examineNew(c *store.Client, in Input, faults *fields.Errors) {
	if !in.Name.Sent {
		faults.Add("name", fields.Required)
	}
	s.examine(c, in, faults)
	bring(c, in.Secret, c.CreatedAt, faults)
}

// Check returns what Create finds wrong without the store.
func (s *Service) Check(in Input) error {
	c, faults := fresh(s.Now()), &fields.Errors{}
	readID(&c, in.ID, faults)
	s.examineNew(&c, in, faults)
	return faults.Err()
}

// Get returns a client, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id string) (store.Client, error) {
	return s.DB.ClientByID(ctx, id)
}

// Update changes the attributes that were sent or, if replaceAll, replaces everything but
// the ID, the secrets and the authentication method with its keys. A client that now
// needs a secret gets one, which is returned. A client that becomes public, or now
// signs with its own keys, loses its secrets.
func (s *Service) Update(ctx context.Context, actor authz.Actor, id string, in Input, replaceAll bool) (store.Client, string, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.Client{}, "", err
	}
	var after store.Client
	var secret string
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended = store.EndResult{}
		was, is, made, err := s.update(ctx, tx, actor, id, in, replaceAll)
		if after, secret = is, made; err == nil && was.AuthMethod != is.AuthMethod {
			// A refresh token is for the client as it authenticated when the token was issued.
			ended, err = s.end(ctx, tx, actor, id, store.EndedClientAuth, s.Now())
		}
		return err
	})
	if err != nil {
		return store.Client{}, "", fmt.Errorf("changing a client: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return after, secret, nil
}

// end ends all that is the client's.
func (s *Service) end(ctx context.Context, tx store.Tx, actor authz.Actor, id string, reason store.EndReason, now time.Time) (store.EndResult, error) {
	return s.Ends.All(ctx, tx, store.End{ClientID: id, Reason: reason, At: now, Actor: actor.String()})
}

func (s *Service) update(ctx context.Context, tx store.Tx, actor authz.Actor, id string, in Input, replaceAll bool) (was, is store.Client, secret string, err error) {
	if err = stillAllowed(tx, actor); err != nil {
		return was, is, "", err
	}
	was, err = tx.LockClient(id)
	if err != nil {
		return was, is, "", err
	}
	faults := &fields.Errors{}
	is = was
	if replaceAll {
		is = store.Client{
			ID: was.ID, AuthMethod: was.AuthMethod, AuthMethodPinned: was.AuthMethodPinned, Secrets: was.Secrets, GrantTypes: []string{DefaultGrant}, Rotation: store.RotationStrict, CreatedAt: was.CreatedAt,
			JWKS: was.JWKS, JWKSURI: was.JWKSURI, AssertionAudience: was.AssertionAudience,
		}
		if !in.Name.Sent {
			faults.Add("name", fields.Required)
		}
	}
	s.examine(&is, in, faults)
	if err = faults.Err(); err != nil {
		return was, is, "", err
	}
	changed := Change(was, is)
	if len(changed.After) == 0 {
		return was, was, "", nil
	}
	now := s.Now()
	is.UpdatedAt = now
	secret = settleSecrets(&is, now)
	if err = tx.PutClient(is); err != nil {
		return was, is, "", err
	}
	return was, is, secret, record(ctx, tx, actor, id, changed, now)
}

// Delete deletes a client and ends its sessions.
func (s *Service) Delete(ctx context.Context, actor authz.Actor, id string) error {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return err
	}
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := stillAllowed(tx, actor); err != nil {
			return err
		}
		c, err := tx.LockClient(id)
		if err != nil {
			return err
		}
		now := s.Now()
		if ended, err = s.end(ctx, tx, actor, id, store.EndedClientDeleted, now); err != nil {
			return err
		}
		if err := tx.DeleteClient(id, now); err != nil {
			return err
		}
		return record(ctx, tx, actor, id, audit.ClientDeleted{Name: c.Name}, now)
	})
	if err != nil {
		return fmt.Errorf("deleting a client: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}

// A Page is one page of the list of clients, by ID.
type Page struct {
	Clients []store.Client
	// Total is the number of clients on all pages.
	Total int64
	// Next is the cursor of the page that follows; empty if this is the last.
	Next string
}

const list = "clients"

// List returns the page that the parameters limit and cursor ask for.
func (s *Service) List(ctx context.Context, parameters url.Values) (Page, error) {
	limit := cursor.DefaultLimit
	if parameters.Has("limit") {
		var fault string
		if limit, fault = cursor.Limit(parameters.Get("limit")); fault != "" {
			return Page{}, fields.New("limit", fault)
		}
	}
	var after string
	if parameters.Has("cursor") {
		if err := s.Cursors.Open(list, parameters.Get("cursor"), &after); err != nil {
			return Page{}, fields.New("cursor", "Invalid cursor.")
		}
	}
	clients, err := s.DB.ListClients(ctx, after, limit+1)
	if err != nil {
		return Page{}, fmt.Errorf("listing clients: %w", err)
	}
	total, err := s.DB.CountClients(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("counting clients: %w", err)
	}
	page := Page{Clients: clients, Total: total}
	if len(clients) > limit {
		page.Clients = clients[:limit]
		page.Next, err = s.Cursors.Seal(list, clients[limit-1].ID)
	}
	return page, err
}

func record(ctx context.Context, tx store.Tx, actor authz.Actor, id string, what audit.Kind, at time.Time) error {
	return tx.Audit(audit.Event{Actor: actor.String(), Subject: audit.ClientSubject(id), What: what}.Record(ctx, at))
}

// stillAllowed checks in the record, under lock, whether the actor may still do this.
func stillAllowed(tx store.Tx, actor authz.Actor) error {
	if actor.Operator {
		return nil
	}
	row, err := tx.LockUser(actor.UserID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if actor.Role = row.Role; err != nil || !row.Active {
		actor.Role = ""
	}
	return authz.ManageClients.Allow(actor)
}
