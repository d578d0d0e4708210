package store

import (
	"context"
	"time"
)

// OneTime keeps the marks of what may be used once: the jti of client assertions and
// the like.
type OneTime interface {
	// UseOnce marks key used until expires, and reports true to the first caller
	// alone.
	UseOnce(ctx context.Context, key Digest, expires time.Time) (bool, error)
	// SweepUsedOnce deletes at most n marks that expired before limit.
	SweepUsedOnce(ctx context.Context, limit time.Time, n int) (int64, error)
}
