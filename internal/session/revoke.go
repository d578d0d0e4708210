package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Revoke ends the session of an access or refresh token, or revokes a token that a
// client got for itself (RFC 7009 §2.1). For a token that is unknown, expired or
// another client's, it succeeds and does nothing: another answer would tell a guesser
// which tokens exist. After an error the token may still work, so the answer must not be
// a 200.
func (s *Service) Revoke(ctx context.Context, clientID, raw string) error {
	claims, err := s.claims(ctx, raw)
	if errors.Is(err, ErrInvalid) {
		return nil
	}
	if err != nil {
		return err
	}
	if claims.ClientID != clientID {
		return nil
	}
	actor := audit.ClientSubject(clientID)
	if claims.SessionID != "" {
		evidence := ended(actor, claims.Subject, claims.SessionID, clientID, store.EndedRevoked)
		if _, err := s.Ends.One(ctx, claims.SessionID, 0, store.EndedRevoked, evidence); err != nil {
			return err
		}
		return s.Ends.ForgetNow(ctx, claims.SessionID)
	}
	return s.revokeToken(ctx, actor, claims)
}

// claims reads a token of either kind.
func (s *Service) claims(ctx context.Context, raw string) (token.Access, error) {
	access, err := s.Verifier.AccessToAny(ctx, raw)
	if err == nil {
		return access, nil
	}
	if !errors.Is(err, token.ErrWrongType) {
		return token.Access{}, s.presented(ctx, err, access.SessionID, access.Subject, access.ClientID)
	}
	refresh, err := s.Verifier.Refresh(ctx, raw)
	if err != nil {
		return token.Access{}, s.presented(ctx, err, refresh.SessionID, refresh.Subject, refresh.ClientID)
	}
	return token.Access{Subject: refresh.Subject, ClientID: refresh.ClientID, SessionID: refresh.SessionID}, nil
}

func (s *Service) revokeToken(ctx context.Context, actor string, claims token.Access) error {
	revoked, err := s.DB.TokenRevoked(ctx, claims.JTI, time.Unix(claims.IssuedAt, 0))
	if err != nil || revoked {
		return err
	}
	event := audit.Event{
		Actor: actor, Subject: audit.ClientSubject(claims.ClientID), ClientID: claims.ClientID,
		What: audit.TokenRevoked{JTI: claims.JTI},
	}
	_, err = s.DB.RevokeToken(ctx, claims.JTI, time.Unix(claims.Expires, 0).UTC(), event.Record(ctx, s.Now()))
	if err != nil {
		return fmt.Errorf("revoking a token: %w", err)
	}
	return nil
}
