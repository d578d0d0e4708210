package store

import (
	"context"
	"time"
)

// OneTime marks values that may be used only once, such as the jti of a client
// assertion.
type OneTime interface {
	// UseOnce marks key used until expires, and reports true only to the first caller.
	UseOnce(ctx context.Context, key Digest, expires time.Time) (bool, error)
	// SweepUsedOnce deletes at most n marks that expired before limit.
	SweepUsedOnce(ctx context.Context, limit time.Time, n int) (int64, error)
}
