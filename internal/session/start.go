package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	grants "gatehouse/internal/grant"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// A Set is the answer to a grant: the tokens, their session and its user.
type Set struct {
	token.Set
	Session store.Session
	User    store.User
}

// A Grant is what a user allowed a client at our own pages. A code or a device code stands
// for it.
type Grant struct {
	// SessionID is the ID of the new session. It was chosen with the code.
	SessionID string
	UserID    int64
	// BrowserID is the browser session of the consent, and SignIn its sign-in.
	BrowserID string
	SignIn    store.SignIn
	// Foundation is that of the code or approval.
	Foundation store.Foundation
	// Withdrawn is what the user has taken away of Granted since.
	Granted   apis.Grant
	Withdrawn string
	// Nonce and Claims are the parameters of the request, for the ID tokens.
	Nonce, Claims string
	// Method is what was redeemed.
	Method signin.Method
	// Use marks the code as used, in the first step of the transaction, which its error
	// rolls back.
	Use func(store.Tx) error
}

// Begin begins a session for the user of a new proof, and returns its first tokens, as asked. The
// session's CreatedAt becomes the user's LastLoginAt. Like Proof.Honour, it may return
// signin.ErrCredentialsChanged.
func (s *Service) Begin(ctx context.Context, proof signin.Proof, client store.Client, granted apis.Grant, asked apis.Asked) (Set, error) {
	withdrawn, err := s.withdrawn(ctx, proof.User.ID, client, granted.Scope)
	if err != nil {
		return Set{}, err
	}
	grant := Grant{
		SessionID: rand.Text(), SignIn: proof.SignIn, Granted: granted, Withdrawn: withdrawn, Method: proof.Method,
		Foundation: store.Foundation{User: proof.User.Generation, Client: client.Generation, Consent: store.Unread},
	}
	return s.start(ctx, client, grant, asked, func(tx store.Tx, at time.Time) (store.User, error) {
		user := proof.User
		user.LastLoginAt = at
		return user, proof.Honour(tx, at)
	})
}

// Redeem begins the session of a grant, and returns its first tokens, as asked. It reads the user
// in the transaction, and returns signin.ErrCredentialsChanged if they are deleted or
// inactive, or all that is theirs has ended. It does not write the user's row, because they signed in before.
func (s *Service) Redeem(ctx context.Context, client store.Client, grant Grant, asked apis.Asked) (Set, error) {
	return s.start(ctx, client, grant, asked, func(tx store.Tx, _ time.Time) (store.User, error) {
		if err := grant.Use(tx); err != nil {
			return store.User{}, err
		}
		user, err := tx.LockUser(grant.UserID)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!user.Active || user.Generation != grant.Foundation.User) {
			return store.User{}, signin.ErrCredentialsChanged
		}
		return user, err
	})
}

// start begins a session for the user whom admit returns in the transaction that writes
// the session.
func (s *Service) start(ctx context.Context, client store.Client, grant Grant, asked apis.Asked, admit func(store.Tx, time.Time) (store.User, error)) (Set, error) {
	left, err := remaining(grant.Granted.Scope, grant.Withdrawn)
	if err != nil {
		return Set{}, err
	}
	target, err := s.APIs.Aim(ctx, client, apis.Grant{Scope: left, Resources: grant.Granted.Resources}, asked)
	if err != nil {
		return Set{}, err
	}
	kid, err := s.refreshKeyID(ctx, client)
	if err != nil {
		return Set{}, err
	}
	session := s.newSession(ctx, client, grant, kid)
	if session.RefreshAudience, err = s.Upgrade.audience(ctx); err != nil {
		return Set{}, err
	}
	var user store.User
	var madeRoom string
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		if user, err = admit(tx, session.CreatedAt); err != nil {
			return err
		}
		session.UserID, session.Rotation.Role = user.ID, user.Role
		madeRoom, err = s.record(ctx, tx, session, user, grant.Method, s.limit(client))
		return err
	})
	s.observeLimit(ctx, client.ID, madeRoom, err)
	if err != nil {
		return Set{}, fmt.Errorf("starting a session: %w", err)
	}
	s.observe(Started)
	set, err := s.mint(ctx, client, target, token.Grant{Type: typeOf(grant.Method), Session: session, Rotation: session.Rotation, User: user}, grant.Nonce)
	if err != nil {
		return Set{}, fmt.Errorf("minting the first tokens: %w", err)
	}
	return set, nil
}

func (s *Service) newSession(ctx context.Context, client store.Client, grant Grant, kid string) store.Session {
	now := s.Now()
	second := now.Truncate(time.Second) // NumericDate, RFC 7519 §2
	life := s.Lifetimes.For(client)
	info := reqctx.From(ctx)
	end := second.Add(life.RefreshAbsolute)
	return store.Session{
		ID: grant.SessionID, ClientID: client.ID, Scope: string(grant.Granted.Scope), Resources: grant.Granted.Resources,
		SignIn: grant.SignIn, CreatedAt: now, LastUsedAt: now, ExpiresAt: end,
		IP: info.IPString(), UserAgent: info.UserAgent,
		BrowserID: grant.BrowserID, Claims: grant.Claims, Withdrawn: grant.Withdrawn, Foundation: grant.Foundation,
		Rotation: store.Rotation{
			Gen: 1, JTI: rand.Text(), IssuedAt: second, ExpiresAt: earlier(second.Add(life.RefreshIdle), end), KeyID: kid,
			Network: networkOf(ctx),
		},
	}
}

// record writes a session and its audit event, and returns the ID of the session that made
// room for it, or "".
func (s *Service) record(ctx context.Context, tx store.Tx, session store.Session, user store.User, method signin.Method, limit int) (string, error) {
	madeRoom, err := s.create(ctx, tx, session, user, limit)
	if err != nil {
		return "", fmt.Errorf("creating the session: %w", err)
	}
	subject := audit.UserSubject(user.Sub)
	return madeRoom, tx.Audit(audit.Event{
		Actor: subject, Subject: subject, SessionID: session.ID, ClientID: session.ClientID,
		What: audit.SignInOK{Method: method},
	}.Record(ctx, session.CreatedAt))
}

// typeOf returns the grant type by which an app redeems what a person did, or the method of a
// sign-in at our own API.
func typeOf(method signin.Method) string {
	switch method {
	case signin.ByCode:
		return grants.AuthorizationCode
	case signin.ByDevice:
		return grants.DeviceCode
	}
	return string(method)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
