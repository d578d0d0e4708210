package token

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/keys"
	"gatehouse/store"
)

// skew is how far ahead of ours the clock of another replica may be. Expiry has no such
// leeway, because it was set by clocks of our own.
const skew = time.Minute

// A Verifier checks tokens that come back. Every fault of a token is an ErrInvalid; any
// other error says that the token could not be checked.
type Verifier struct {
	Keys interface {
		Verify(ctx context.Context, raw string) (keys.Verified, error)
	}
	// Issuer and Audience are those of the Minter.
	Issuer, Audience string
	Now              func() time.Time
}

// Access checks an access token. It returns the claims also with an ErrEarly.
func (v *Verifier) Access(ctx context.Context, raw string) (Access, error) {
	var claims struct {
		Access
		lifetime
	}
	if err := v.open(ctx, raw, TypeAccess, &claims); err != nil {
		return Access{}, err
	}
	a := claims.Access
	err := cmp.Or(
		v.addressed(a.Issuer, a.Audience, v.Audience),
		present("sub", a.Subject), present("client_id", a.ClientID), present("jti", a.JTI),
		a.complete(),
	)
	if err != nil {
		return Access{}, because(ErrInvalid, "access token: %w", err)
	}
	return early(a, v.inTime(a.IssuedAt, a.Expires, claims.NotBefore))
}

// complete checks that a token of a session has all claims of a session, and any other
// token none. So a token that a client got for itself never counts as a user's (RFC 9068
// §5). ACR and AMR may be absent from both.
func (a Access) complete() error {
	signedIn := a.SessionID != "" || a.Role != "" || a.AuthTime != 0 || a.ACR != "" || len(a.AMR) > 0
	if !signedIn && a.Subject == a.ClientID {
		return nil
	}
	if a.SessionID != "" && a.Role.Valid() && a.AuthTime > 0 && a.Subject != a.ClientID {
		return nil
	}
	return errors.New("neither a session's nor a client's: sid, role, auth_time and sub do not agree")
}

// Refresh checks a refresh token. It returns the claims also with an ErrEarly.
func (v *Verifier) Refresh(ctx context.Context, raw string) (Refresh, error) {
	var claims struct {
		Refresh
		lifetime
	}
	if err := v.open(ctx, raw, TypeRefresh, &claims); err != nil {
		return Refresh{}, err
	}
	r := claims.Refresh
	err := cmp.Or(
		v.addressed(r.Issuer, r.Audience, refreshAudience(v.Issuer, store.EndpointAudience), refreshAudience(v.Issuer, store.IssuerAudience)),
		present("sub", r.Subject), present("client_id", r.ClientID), present("jti", r.JTI),
		present("sid", r.SessionID), r.complete(),
	)
	if err != nil {
		return Refresh{}, because(ErrInvalid, "refresh token: %w", err)
	}
	return early(r, v.inTime(r.IssuedAt, r.Expires, claims.NotBefore))
}

func (r Refresh) complete() error {
	if r.Gen < 1 || !r.Role.Valid() {
		return fmt.Errorf("gen %d, role %.16q", r.Gen, r.Role)
	}
	return nil
}

// lifetime holds a claim that our own tokens do not have.
type lifetime struct {
	NotBefore int64 `json:"nbf"`
}

// open checks the signature and the type (RFC 8725 §3.11), and decodes the claims.
func (v *Verifier) open(ctx context.Context, raw, typ string, claims any) error {
	verified, err := v.Keys.Verify(ctx, raw)
	if errors.Is(err, keys.ErrInvalid) {
		return because(ErrInvalid, "%w", err)
	}
	if err != nil {
		return err
	}
	if verified.Type != typ {
		return because(ErrWrongType, "typ %.32q, want %q", verified.Type, typ)
	}
	if err := json.Unmarshal(verified.Payload, claims); err != nil {
		return because(ErrInvalid, "claims: %w", err)
	}
	return nil
}

func (v *Verifier) addressed(issuer, audience string, wanted ...string) error {
	if issuer != v.Issuer || !slices.Contains(wanted, audience) {
		return fmt.Errorf("iss %.100q, aud %.100q", issuer, audience)
	}
	return nil
}

func present(name, claim string) error {
	if claim == "" {
		return errors.New(name + " is missing")
	}
	return nil
}

// early keeps the claims of a token that is refused only with ErrEarly.
func early[Claims any](c Claims, err error) (Claims, error) {
	if err != nil && !errors.Is(err, ErrEarly) {
		var none Claims
		return none, err
	}
	return c, err
}

// inTime runs last, so that ErrExpired implies that the token was otherwise valid.
func (v *Verifier) inTime(issued, expires, notBefore int64) error {
	now := v.Now()
	switch {
	case issued <= 0 || expires <= 0:
		return because(ErrInvalid, "iat or exp is missing")
	case now.Add(skew).Unix() < issued:
		return because(ErrEarly, "iat %d is in the future", issued)
	case now.Unix() < notBefore:
		return because(ErrInvalid, "nbf %d is in the future", notBefore)
	case now.Unix() >= expires: // RFC 7519 §4.1.4: "on or after"
		return because(ErrExpired, "exp %d", expires)
	}
	return nil
}
