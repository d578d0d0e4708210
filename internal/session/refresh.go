package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/ending"
	grants "gatehouse/internal/grant"
	"gatehouse/internal/refusal"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Refresh exchanges a refresh token for its successor and a new access token (RFC 6749
// §6). The client has authenticated.
//
// Every check comes before the rotation, so that a refused request does not use up the
// token. If signing fails after it, the client loses nothing: during the grace, the same
// token gets the same successor.
func (s *Service) Refresh(ctx context.Context, client store.Client, raw string, asked apis.Asked) (Set, error) {
	claims, err := s.Verifier.Refresh(ctx, raw)
	if err != nil {
		return Set{}, unusable(s.presented(ctx, err, claims.SessionID, claims.Subject, claims.ClientID))
	}
	if claims.ClientID != client.ID { // RFC 6749 §10.4
		foreign := refusal.Fact{Kind: refusal.RefreshClient, Given: client.ID, Expected: claims.ClientID}
		return Set{}, refusal.With(fmt.Errorf("%w: a refresh token of another client", ErrInvalid), foreign)
	}
	session, user, err := s.living(ctx, s.DB.SessionWithUser, claims.SessionID, claims.Subject, client.ID)
	if err != nil {
		return Set{}, err
	}
	grant, err := granted(client, session, user)
	if err != nil {
		return Set{}, err
	}
	target, err := s.APIs.Aim(ctx, client, grant, asked)
	if err != nil {
		return Set{}, err
	}
	rotation, err := s.rotate(ctx, client, session, user, claims)
	if err != nil {
		return Set{}, err
	}
	set, err := s.mint(ctx, client, target, token.Grant{Type: grants.RefreshToken, Session: session, Rotation: rotation, User: user}, "")
	if err != nil {
		return Set{}, fmt.Errorf("minting the next tokens: %w", err)
	}
	return set, nil
}

// unusable says what is wrong with a refresh token that was refused.
func unusable(err error) error {
	switch {
	case errors.Is(err, token.ErrExpired):
		return refusal.Else(err, refusal.Fact{Kind: refusal.RefreshExpired})
	case errors.Is(err, ErrInvalid):
		return refusal.Else(err, refusal.Fact{Kind: refusal.RefreshInvalid})
	}
	return err
}

// granted returns what a session was granted and the user has not taken away since. The
// session keeps what it was granted, so that a later token may be wider again.
//
// For the built-in client, the current role of the user decides.
func granted(client store.Client, session store.Session, user store.User) (apis.Grant, error) {
	if client.ID == AccountsID {
		return apis.Grant{Scope: authz.ForRole(user.Role)}, nil
	}
	left, err := remaining(authz.Scope(session.Scope), session.Withdrawn)
	return apis.Grant{Scope: left, Resources: session.Resources}, err
}

// rotate moves the session to the successor of the presented token.
func (s *Service) rotate(ctx context.Context, client store.Client, session store.Session, user store.User, presented token.Refresh) (store.Rotation, error) {
	kid, err := s.refreshKeyID(ctx, client)
	if err != nil {
		return store.Rotation{}, err
	}
	now := s.Now()
	second := now.Truncate(time.Second)
	step := store.Step{
		Gen: presented.Gen, JTI: presented.JTI, Known: session.Rotation,
		Next: store.Rotation{
			Gen: presented.Gen + 1, JTI: rand.Text(), From: presented.JTI, IssuedAt: second,
			ExpiresAt: earlier(second.Add(s.Lifetimes.For(client).RefreshIdle), session.ExpiresAt),
			Role:      user.Role, KeyID: kid, Network: networkOf(ctx),
		},
		Grace: s.Grace, Adopted: client.Rotation == store.RotationAdopted,
	}
	if step.Until = time.Unix(presented.Expires, 0); step.Until.Before(step.Next.ExpiresAt) {
		step.Until = step.Next.ExpiresAt
	}
	rotation, outcome, err := s.take(ctx, session, step)
	if err != nil {
		return store.Rotation{}, fmt.Errorf("rotating: %w", err)
	}
	switch outcome {
	case store.Rotated:
		s.observe(Refreshed)
		if !step.Adopted {
			s.touch(ctx, session, rotation, now)
		}
		return rotation, nil
	case store.Repeated:
		return rotation, s.repeated(ctx, session, user, step, rotation)
	case store.Reused:
		return store.Rotation{}, s.reused(ctx, session, user, presented.Gen, rotation.Gen)
	default: // it has ended since the record was read
		return store.Rotation{}, ErrEnded
	}
}

// DefaultTouchEvery saves the database a write at each refresh. The record then has a
// session's last use to the minute, and a loss of Redis sets a session back by as much.
const DefaultTouchEvery = time.Minute

// touch has the current rotation written to the record. The record needs it only after a
// loss of Redis and to show when a session was last used, so the refresh does not wait for
// it, and succeeds even if touch fails.
func (s *Service) touch(ctx context.Context, session store.Session, r store.Rotation, now time.Time) {
	if s.TouchEvery == 0 || now.Sub(session.LastUsedAt) < s.TouchEvery {
		return
	}
	touch := store.SessionTouch{ID: session.ID, Rotation: r, At: now}
	if s.Touches != nil && s.Touches.add(touch) {
		return
	}
	if err := s.DB.TouchSessions(ctx, touch); err != nil {
		s.Log.WarnContext(ctx, "a session's last use was not noted", "session", session.ID, "error", err)
	}
}

// reused ends a session whose old refresh token came back: the holder or a thief has a
// copy, and we cannot tell which (RFC 9700 §4.14.2). It completes even if the caller
// hangs up, as a thief would.
func (s *Service) reused(ctx context.Context, session store.Session, user store.User, presented, current int64) error {
	ctx, cancel := ending.Detached(ctx)
	defer cancel()
	s.observe(Reused)
	event := audit.Event{
		Actor: audit.ClientSubject(session.ClientID), Subject: audit.UserSubject(user.Sub),
		SessionID: session.ID, ClientID: session.ClientID,
		What: audit.TokenReused{Gen: presented, Current: current},
	}
	_, err := s.Ends.One(ctx, session.ID, 0, store.EndedReuse, event)
	if err == nil {
		err = s.Ends.ForgetNow(ctx, session.ID)
	}
	if err != nil {
		return fmt.Errorf("ending a session after reuse: %w", err)
	}
	err = fmt.Errorf("%w: refresh token %d came back when %d was current", ErrEnded, presented, current)
	return refusal.With(err, refusal.Fact{Kind: refusal.RefreshReused})
}
