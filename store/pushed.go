package store

import (
	"context"
	"time"
)

// A PushedRequest is an authorization request that a client pushed (RFC 9126).
// Its request_uri has 256 random bits; only its digest is kept.
type PushedRequest struct {
	Digest   Digest
	ClientID string
	// Network is the network that pushed it, if it counts there; see Room.
	Network string
	// Parameters are form-urlencoded.
	Parameters string
	// Client is the client's generation when it pushed the request.
	Client    Generation
	ExpiresAt time.Time
}

// PushedRequests keeps pushed authorization requests.
type PushedRequests interface {
	// AddPushed returns ErrConflict if the digest is taken, and ErrFull if room has no
	// place for another request.
	AddPushed(ctx context.Context, p PushedRequest, room Room) error
	// PushedByDigest returns ErrNotFound for an unknown or deleted request, and for one
	// whose client's generation has been raised.
	PushedByDigest(ctx context.Context, d Digest) (PushedRequest, error)
	// UsePushed forgets a request, adds the code that it gives, and reports true, as
	// one atomic step: of any number of concurrent calls, one (RFC 9126 §4). Every
	// other call reports false and adds nothing.
	UsePushed(ctx context.Context, d Digest, c AuthCode) (bool, error)
	// SweepPushed deletes at most n requests that expired before limit.
	SweepPushed(ctx context.Context, limit time.Time, n int) (int64, error)
}
