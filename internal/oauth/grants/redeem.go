package grants

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// maxMisses is how many wrong verifiers invalidate a code.
const maxMisses = 3

// errSpent says that a code or device code was used earlier, or by another call at
// the same time.
var errSpent = errors.New("used before")

// redeem answers RFC 6749 §4.1.3 and RFC 7636 §4.5. A code that comes from another
// client, or with another redirect URI, stays valid: a thief must not be able to
// use it up. A replayed code ends the session that it started, even if its first
// use is still in progress.
func (s Steps) redeem(ctx context.Context, req *request) (token.Set, error) {
	digest := store.DigestOf(req.form.Get("code"))
	code, err := s.Codes.CodeByDigest(ctx, digest)
	if errors.Is(err, store.ErrNotFound) {
		return token.Set{}, oauth.InvalidGrant.Because("unknown code").Found(refusal.CodeUnknown)
	}
	if err != nil {
		return token.Set{}, fmt.Errorf("reading a code: %w", err)
	}
	reqctx.From(ctx).UserID = code.UserID
	if code.ClientID == req.client.ID && code.RedirectURI != "" && !req.form.Has("redirect_uri") { // RFC 6749 §4.1.3
		return token.Set{}, oauth.InvalidRequest.Because("no redirect URI").Comparing(refusal.RedirectDiffers, "", code.RedirectURI)
	}
	if code.ClientID != req.client.ID || code.RedirectURI != req.form.Get("redirect_uri") {
		return token.Set{}, foreign(code, req)
	}
	if err := s.redeemable(ctx, code, req.form.Get("code_verifier")); err != nil {
		return token.Set{}, s.afterReplay(ctx, err, code.ClientID, code.UserID, code.SessionID)
	}
	set, err := s.startFrom(ctx, req, session.Grant{
		SessionID: code.SessionID, UserID: code.UserID, BrowserID: code.BrowserID, SignIn: code.SignIn, Foundation: code.Foundation,
		Granted: apis.Grant{Scope: authz.Scope(code.Scope), Resources: code.Resources}, Withdrawn: code.Withdrawn,
		Nonce: code.Nonce, Claims: code.Claims, Method: signin.ByCode,
		Use: once(func(tx store.Tx) (bool, error) { return tx.UseCode(digest, s.Now()) }),
	})
	return set, s.afterReplay(ctx, err, code.ClientID, code.UserID, code.SessionID)
}

// foreign refuses a code that comes from another client, or with another redirect URI.
func foreign(code store.AuthCode, req *request) error {
	refused := oauth.InvalidGrant.Because("a code of client %s came from %s, or with another redirect URI", code.ClientID, req.client.ID)
	if code.ClientID != req.client.ID {
		return refused.Comparing(refusal.CodeClient, req.client.ID, code.ClientID)
	}
	return refused.Comparing(refusal.RedirectDiffers, refusal.Address(req.form.Get("redirect_uri"), code.RedirectURI), code.RedirectURI)
}

// redeemable returns why a code cannot be redeemed with this verifier, or nil. Use is
// checked before expiry: a replay remains a replay however late it comes.
func (s Steps) redeemable(ctx context.Context, code store.AuthCode, verifier string) error {
	switch {
	case !code.UsedAt.IsZero():
		return errSpent
	case !s.Now().Before(code.ExpiresAt):
		return oauth.InvalidGrant.Because("code expired at %s", code.ExpiresAt).
			Comparing(refusal.CodeExpired, s.Now().UTC().Format(time.RFC3339), "before "+code.ExpiresAt.UTC().Format(time.RFC3339))
	case code.Misses >= maxMisses:
		return oauth.InvalidGrant.Because("code invalid after %d wrong verifiers", code.Misses).Found(refusal.PKCEVerifier)
	case verified(code.Challenge, verifier):
		return nil
	}
	misses, err := s.Codes.MissCode(ctx, code.Digest)
	if err != nil {
		return fmt.Errorf("counting a wrong verifier: %w", err)
	}
	return oauth.InvalidGrant.Because("wrong verifier, number %d", misses).Comparing(refusal.PKCEVerifier, refusal.Length(verifier), "43 to 128 characters that fit the challenge")
}

// verified reports whether the verifier fits the challenge (RFC 7636 §4.6). A verifier
// without a challenge does not: somebody removed the challenge from the request on
// its way (RFC 9700 §4.8.2).
func verified(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if len(verifier) < 43 || len(verifier) > 128 || strings.ContainsFunc(verifier, notUnreserved) { // RFC 7636 §4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

func notUnreserved(r rune) bool { return oauth.NotBase64URL(r) && r != '.' && r != '~' }

// once returns a hook for the start of a session. It fails with errSpent unless this
// call is the one that sets the mark.
func once(use func(store.Tx) (bool, error)) func(store.Tx) error {
	return func(tx store.Tx) error {
		won, err := use(tx)
		if err == nil && !won {
			return errSpent
		}
		return err
	}
}

// startFrom starts the session of a code of either kind. It reads the person and the
// registration as they are now, not as they were when the person consented.
func (s Steps) startFrom(ctx context.Context, req *request, grant session.Grant) (token.Set, error) {
	set, err := s.Sessions.Redeem(ctx, req.client, grant, req.asked)
	return usable(req.client, set.Set), err
}

// afterReplay ends the session of a code if err is errSpent, and returns any other err
// unchanged. The transaction that used the code has ended, so its session can be
// found; a code without a session was voided before it could start one.
func (s Steps) afterReplay(ctx context.Context, err error, clientID string, userID int64, sid string) error {
	if !errors.Is(err, errSpent) {
		return err
	}
	user, err := s.Codes.UserByID(ctx, userID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("reading a person: %w", err)
	}
	if err := s.Sessions.EndReplayed(ctx, clientID, user.Sub, sid); err != nil {
		return fmt.Errorf("ending the session of a replayed code: %w", err)
	}
	return oauth.InvalidGrant.Because("code replayed; session %s ended", sid).Found(refusal.CodeUsed)
}
