package store

import (
	"context"
	"time"
)

// A Challenge is something that waits for a person's next step: a sign-in that lacks a
// factor, or the answer of an authenticator. Its name has 256 random bits; only the
// digest is kept.
type Challenge struct {
	Digest Digest
	// Kind says what waits, in at most 16 bytes. A challenge of one kind is never taken
	// for another.
	Kind string
	// UserID is the person, 0 while they are not known. ClientID is the client that the
	// challenge was given to, empty for our own pages.
	UserID   int64
	ClientID string
	// Generation is the person's when the challenge began.
	Generation Generation
	// Content is for the caller, in at most 65,535 bytes.
	Content []byte
	// Misses counts the wrong answers.
	Misses               int
	CreatedAt, ExpiresAt time.Time
}

// Challenges keeps what waits.
type Challenges interface {
	// AddChallenge returns ErrConflict if the digest is taken. It returns ErrFull if most
	// is not 0 and as many challenges of its person and kind expire later than at.
	AddChallenge(ctx context.Context, c Challenge, at time.Time, most int) error
	// ChallengeByDigest returns a challenge that has not expired at that time, or
	// ErrNotFound.
	ChallengeByDigest(ctx context.Context, d Digest, at time.Time) (Challenge, error)
	// MissChallenge counts a wrong answer and returns how many there were, including this
	// one and perhaps others at the same moment; 0 for an unknown challenge.
	MissChallenge(ctx context.Context, d Digest) (int, error)
	// SweepChallenges deletes at most n challenges that expired before limit.
	SweepChallenges(ctx context.Context, limit time.Time, n int) (int64, error)
}

// ChallengesTx uses what waits.
type ChallengesTx interface {
	// TakeChallenge deletes a challenge that has not expired at that time, and reports
	// true. Of any number of callers, one gets true.
	TakeChallenge(d Digest, at time.Time) (bool, error)
}
