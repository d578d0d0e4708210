package store

import (
	"context"
	"time"
)

// An AuthCode is an authorization code (RFC 6749 §4.1.2). The code itself has
// 256 random bits and is known here by its digest.
type AuthCode struct {
	Digest Digest
	// SessionID is the session that redeeming the code founds: settled when the
	// code is made, so that a second use knows what to end, even one that comes
	// at the same moment.
	SessionID string
	ClientID  string
	UserID    int64
	// BrowserID is the browser session in which it was asked for.
	BrowserID   string
	RedirectURI string
	Scope       string
	Nonce       string
	// Challenge is a PKCE S256 code_challenge; empty: none was sent (RFC 7636).
	Challenge string
	// SignIn is the browser session's when the code was made.
	SignIn SignIn
	// Claims is the `claims` request parameter, JSON, or empty (OIDC Core 1.0 §5.5).
	Claims string
	// ExpiresAt is the caller's to judge.
	ExpiresAt time.Time
	// UsedAt is zero until it is redeemed.
	UsedAt time.Time
	// Misses counts wrong verifiers.
	Misses int
}

// AuthCodes reads and writes authorization codes outside a transaction.
type AuthCodes interface {
	// AddCode keeps a code. It returns ErrConflict if the digest is taken.
	AddCode(ctx context.Context, c AuthCode) error
	// CodeByDigest returns a code, used or not, or ErrNotFound.
	CodeByDigest(ctx context.Context, d Digest) (AuthCode, error)
	// MissCode counts a wrong verifier and returns how many there were by now, or
	// ErrNotFound.
	MissCode(ctx context.Context, d Digest) (int, error)
	// SweepCodes deletes at most n that expired before limit.
	SweepCodes(ctx context.Context, limit time.Time, n int) (int64, error)
}

// CodesTx redeems codes.
type CodesTx interface {
	// UseCode marks the code used and reports true, once: every later call, and
	// all but one of concurrent ones, reports false. The session that the code
	// founds is written in the same transaction, so whoever gets false, and only
	// after that transaction has ended, finds the session to end
	// (RFC 6749 §4.1.2, RFC 9700 §2.1.1).
	UseCode(d Digest, at time.Time) (bool, error)
}
