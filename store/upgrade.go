package store

import (
	"context"
	"time"
)

// A RefreshAudience is the `aud` of the refresh tokens of a session.
type RefreshAudience int

// The audiences.
const (
	// IssuerAudience is the one of the first releases, whose tokens a resource server
	// could take for access tokens.
	IssuerAudience RefreshAudience = iota
	// EndpointAudience is the URL of the token endpoint, which no resource server has for
	// its own.
	EndpointAudience
)

// Upgrades records that no replica of the release before will run again.
type Upgrades interface {
	// Finished reports whether new sessions may have what the release before does not
	// accept. A database that this release made is finished from the start.
	Finished(ctx context.Context) (bool, error)
	// Finish records it. Repeating it does no harm.
	Finish(ctx context.Context, at time.Time) error
}
