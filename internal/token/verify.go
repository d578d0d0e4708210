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

// Access checks an access token of our own API. It returns the claims also with an ErrEarly.
func (v *Verifier) Access(ctx context.Context, raw string) (Access, error) {
	a, err := v.AccessToAny(ctx, raw)
	if wrong := v.addressed(a.Issuer, a.Audience, v.Audience); wrong != nil && (err == nil || errors.Is(err, ErrEarly)) {
		return Access{}, because(ErrInvalid, "access token: %w", wrong)
	}
	return a, err
}

// AccessToAny checks an access token of any API. It returns the claims also with an
// ErrEarly.
func (v *Verifier) AccessToAny(ctx context.Context, raw string) (Access, error) {
	claims, err := v.openAccess(ctx, raw)
	if err != nil {
		return Access{}, err
	}
	a := claims.Access
	err = cmp.Or(
		v.addressed(a.Issuer, a.Audience, a.Audience), present("aud", a.Audience),
		present("sub", a.Subject), present("client_id", a.ClientID), present("jti", a.JTI),
		a.complete(a.Audience == v.Audience),
	)
	if err != nil {
		return Access{}, because(ErrInvalid, "access token: %w", err)
	}
	return early(a, v.InTime(a.IssuedAt, a.Expires, claims.NotBefore))
}

// openAccess reads an access token. Those of an API may have the `typ` of ID tokens, which
// are told apart by their content: an ID token has `azp`, and neither `client_id` nor
// `scope`.
func (v *Verifier) openAccess(ctx context.Context, raw string) (claims accessClaims, err error) {
	claims, err = open[accessClaims](ctx, v, raw, TypeAccess)
	if !errors.Is(err, ErrWrongType) {
		return claims, err
	}
	claims, wrong := open[accessClaims](ctx, v, raw, TypeID)
	if wrong != nil {
		return accessClaims{}, err
	}
	if claims.AuthorizedParty != "" || claims.Gen != 0 || claims.ClientID == "" || claims.Audience == v.Audience {
		return accessClaims{}, err
	}
	return claims, nil
}

// accessClaims are the claims of an access token, and those that it must not have.
type accessClaims struct {
	Access
	lifetime
	AuthorizedParty string `json:"azp"` // of an ID token
	Gen             int64  `json:"gen"` // of a refresh token
}

// complete checks that a token of a session has all claims of a session, and any other
// token none. So a token that a client got for itself never counts as a user's (RFC 9068
// §5). ACR and AMR may be absent from both.
//
// A session's token has the role if it is for our own API; other APIs may want none.
func (a Access) complete(ours bool) error {
	signedIn := a.SessionID != "" || a.Role != "" || a.AuthTime != 0 || a.ACR != "" || len(a.AMR) > 0
	if !signedIn && a.Subject == a.ClientID {
		return nil
	}
	role := a.Role.Valid() || a.Role == "" && !ours
	if a.SessionID != "" && role && a.AuthTime > 0 && a.Subject != a.ClientID {
		return nil
	}
	return errors.New("neither a session's nor a client's: sid, role, auth_time and sub do not agree")
}

// Refresh checks a refresh token. It returns the claims also with an ErrEarly.
func (v *Verifier) Refresh(ctx context.Context, raw string) (Refresh, error) {
	claims, err := open[refreshClaims](ctx, v, raw, TypeRefresh)
	if err != nil {
		return Refresh{}, err
	}
	r := claims.Refresh
	err = cmp.Or(
		v.addressed(r.Issuer, r.Audience, refreshAudience(v.Issuer, store.EndpointAudience), refreshAudience(v.Issuer, store.IssuerAudience)),
		present("sub", r.Subject), present("client_id", r.ClientID), present("jti", r.JTI),
		present("sid", r.SessionID), r.complete(),
	)
	if err != nil {
		return Refresh{}, because(ErrInvalid, "refresh token: %w", err)
	}
	return early(r, v.InTime(r.IssuedAt, r.Expires, claims.NotBefore))
}

func (r Refresh) complete() error {
	if r.Gen < 1 || !r.Role.Valid() {
		return fmt.Errorf("gen %d, role %.16q", r.Gen, r.Role)
	}
	return nil
}

// refreshClaims are the claims of a refresh token, and those that it must not have.
type refreshClaims struct {
	Refresh
	lifetime
}

// lifetime holds a claim that our own tokens do not have.
type lifetime struct {
	NotBefore int64 `json:"nbf"`
}

// open checks the signature and the type (RFC 8725 §3.11), and decodes the claims, once for
// as long as the ring remembers the token. The values that claims point to are shared.
func open[Claims any](ctx context.Context, v *Verifier, raw, typ string) (claims Claims, err error) {
	verified, err := v.Keys.Verify(ctx, raw)
	if errors.Is(err, keys.ErrInvalid) {
		return claims, because(ErrInvalid, "%w", err)
	}
	if err != nil {
		return claims, err
	}
	if verified.Type != typ {
		return claims, because(ErrWrongType, "typ %.32q, want %q", verified.Type, typ)
	}
	if kept := verified.Memo.Load(); kept != nil {
		if known, ok := (*kept).(Claims); ok {
			return known, nil
		}
	}
	if err := json.Unmarshal(verified.Payload, &claims); err != nil {
		var none Claims
		return none, because(ErrInvalid, "claims: %w", err)
	}
	memo := any(claims)
	verified.Memo.Store(&memo)
	return claims, nil
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

// InTime judges the times of a token: ErrExpired, ErrEarly, or ErrInvalid for any other fault.
// It runs last, so that ErrExpired implies that the token was otherwise valid.
func (v *Verifier) InTime(issued, expires, notBefore int64) error {
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
