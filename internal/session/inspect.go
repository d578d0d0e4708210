package session

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/authz"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// An Inspection is the answer to an introspection (RFC 7662 §2.2). The zero Inspection
// is the answer for every token that is not active, and reveals nothing else.
type Inspection struct {
	Active bool        `json:"active"`
	Scope  authz.Scope `json:"scope,omitempty"`
	// TokenType is "Bearer" for an access token. It is absent for a refresh token, which
	// does not give access to a resource.
	TokenType string `json:"token_type,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Username  string `json:"username,omitempty"`
	Subject   string `json:"sub,omitempty"`
	Issuer    string `json:"iss,omitempty"`
	Audience  string `json:"aud,omitempty"`
	Expires   int64  `json:"exp,omitempty"`
	IssuedAt  int64  `json:"iat,omitempty"`
	JTI       string `json:"jti,omitempty"`
	// Role is the user's current role, which may differ from the one in the token.
	Role      store.Role `json:"role,omitempty"`
	SessionID string     `json:"sid,omitempty"`
	AuthTime  int64      `json:"auth_time,omitempty"`
	// ACR and AMR describe the sign-in (RFC 9470 §6.2).
	ACR string   `json:"acr,omitempty"`
	AMR []string `json:"amr,omitempty"`
}

// Inspect returns the current state of a token. The caller is a client that has
// authenticated with a secret. Inspectors decides about access tokens. Only its own client
// may inspect a refresh token. For others the answer is that for a made-up one.
func (s *Service) Inspect(ctx context.Context, caller store.Client, raw string) (Inspection, error) {
	found, err := s.inspectAccess(ctx, caller, raw)
	if errors.Is(err, token.ErrWrongType) {
		found, err = s.inspectRefresh(ctx, caller, raw)
	}
	if errors.Is(err, ErrInvalid) {
		return Inspection{}, nil
	}
	return found, err
}

func (s *Service) inspectAccess(ctx context.Context, caller store.Client, raw string) (Inspection, error) {
	claims, err := s.Verifier.AccessToAny(ctx, raw)
	if err != nil {
		return Inspection{}, s.presented(ctx, err, claims.SessionID, claims.Subject, claims.ClientID)
	}
	api, err := s.Inspectors.admit(ctx, caller, claims)
	if err != nil {
		return Inspection{}, err
	}
	user, scope, err := s.holder(ctx, claims)
	if err != nil {
		return Inspection{}, err
	}
	if scope == "" && claims.Scope != "" { // whoever looks at nothing but "active" must not admit it
		return Inspection{}, fmt.Errorf("%w: all of its scope was taken away", ErrInvalid)
	}
	username, role := s.Inspectors.about(claims, api, user)
	return Inspection{
		Active: true, Scope: scope, TokenType: "Bearer", ClientID: claims.ClientID,
		Username: username, Subject: claims.Subject, Issuer: claims.Issuer, Audience: claims.Audience,
		Expires: claims.Expires, IssuedAt: claims.IssuedAt, JTI: claims.JTI,
		Role: role, SessionID: claims.SessionID, AuthTime: claims.AuthTime, ACR: claims.ACR, AMR: claims.AMR,
	}, nil
}

func (s *Service) inspectRefresh(ctx context.Context, caller store.Client, raw string) (Inspection, error) {
	claims, err := s.Verifier.Refresh(ctx, raw)
	if err != nil {
		return Inspection{}, s.presented(ctx, err, claims.SessionID, claims.Subject, claims.ClientID)
	}
	if claims.ClientID != caller.ID {
		return Inspection{}, fmt.Errorf("%w: a refresh token of another client", ErrInvalid)
	}
	session, user, err := s.living(ctx, s.DB.SessionWithUser, claims.SessionID, claims.Subject, claims.ClientID)
	if err != nil {
		return Inspection{}, err
	}
	current, err := s.Rotations.Current(ctx, session.ID, session.Rotation)
	if errors.Is(err, store.ErrNotFound) { // it has ended since the record was read
		return Inspection{}, ErrEnded
	}
	if err != nil {
		return Inspection{}, fmt.Errorf("reading a rotation: %w", err)
	}
	// A generation ahead of ours was once issued, because it is signed, and Rotate
	// would accept it (store.Rotations).
	adopted := caller.Rotation == store.RotationAdopted && claims.Gen == current.Gen-1 && claims.JTI == current.From
	if !adopted && (claims.Gen < current.Gen || claims.Gen == current.Gen && claims.JTI != current.JTI) {
		return Inspection{}, fmt.Errorf("%w: not the current refresh token", ErrInvalid)
	}
	return Inspection{
		Active: true, Scope: claims.Scope, ClientID: claims.ClientID, Username: user.Username,
		Subject: claims.Subject, Issuer: claims.Issuer, Audience: claims.Audience,
		Expires: claims.Expires, IssuedAt: claims.IssuedAt, JTI: claims.JTI,
		Role: user.Role, SessionID: claims.SessionID,
	}, nil
}
