package store

import (
	"context"
	"time"
)

// An AuthCode is an authorization code (RFC 6749 §4.1.2). The code itself has
// 256 random bits; only its digest is kept.
type AuthCode struct {
	Digest Digest
	// SessionID is the session that redeeming the code starts. It is settled when
	// the code is made, so that a second use can end it, even one that arrives at
	// the same moment.
	SessionID string
	ClientID  string
	UserID    int64
	// BrowserID is the browser session in which the code was requested.
	BrowserID   string
	RedirectURI string
	Scope       string
	// Resources are the identifiers of the APIs that the request named (RFC 8707); empty:
	// none, so that Scope decides.
	Resources []string
	Nonce     string
	// Challenge is a PKCE S256 code_challenge; empty: none was sent (RFC 7636).
	Challenge string
	// SignIn is that of the browser session when the code was made.
	SignIn SignIn
	// Withdrawn is as in Session, and only read.
	Withdrawn string
	// Claims is the `claims` request parameter, JSON, or empty (OIDC Core 1.0 §5.5).
	Claims string
	// Foundation is that of the decision to issue the code. Its Consent may be Unread.
	Foundation Foundation
	// ExpiresAt is checked by the caller, not by the store.
	ExpiresAt time.Time
	// UsedAt is zero until the code is redeemed.
	UsedAt time.Time
	// Misses counts wrong PKCE verifiers.
	Misses int
}

// MaxOpenCodes is how many codes of one browser session wait to be redeemed. Each is
// redeemed within moments, so more are asked for only by an app that runs in circles.
const MaxOpenCodes = 100

// AuthCodes reads and writes authorization codes outside a transaction.
type AuthCodes interface {
	// AddCode returns ErrConflict if the digest is taken. Of the browser session's codes
	// that are not redeemed it keeps MaxOpenCodes, the newest, and deletes the others.
	AddCode(ctx context.Context, c AuthCode) error
	// CodeByDigest returns a code, used or not, or ErrNotFound. It does not find an
	// unused code that is dead: its Foundation is, or its browser session has ended.
	CodeByDigest(ctx context.Context, d Digest) (AuthCode, error)
	// MissCode counts a wrong verifier and returns the number so far, or ErrNotFound.
	MissCode(ctx context.Context, d Digest) (int, error)
	// SweepCodes deletes at most n codes that expired before limit.
	SweepCodes(ctx context.Context, limit time.Time, n int) (int64, error)
}

// CodesTx issues codes together with what they prove, and redeems them.
type CodesTx interface {
	// AddCode is AuthCodes.AddCode.
	AddCode(c AuthCode) error
	// UseCode marks the code used and reports true, once: every later call, and
	// all but one of concurrent ones, reports false. The caller writes the session
	// that the code starts in the same transaction. False is reported only after
	// that transaction has ended, so a caller that gets false finds the session and
	// can end it (RFC 6749 §4.1.2, RFC 9700 §2.1.1).
	UseCode(d Digest, at time.Time) (bool, error)
}
