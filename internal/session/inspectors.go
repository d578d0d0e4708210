package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gatehouse/internal/token"
	"gatehouse/store"
)

// Inspectors are the clients that may inspect access tokens (RFC 7662 §4): of any API, the
// client that the token was issued to; of another's API, those that the API lists.
type Inspectors struct {
	// Audience is that of our own API, whose tokens every confidential client that an
	// administrator registered may inspect, because each may be a resource server that
	// received one. With HoldersOnly, only the client that the token was issued to may.
	Audience    string
	HoldersOnly bool
	APIs        interface {
		Find(ctx context.Context, identifier string) (store.API, error)
	}
}

// admit returns the API of a token if the caller may inspect the token, and otherwise
// ErrInvalid. Our own API, and one that was deleted, are the zero API.
func (i *Inspectors) admit(ctx context.Context, caller store.Client, t token.Access) (api store.API, err error) {
	allowed := caller.ID == t.ClientID
	if t.Audience == i.Audience {
		allowed = allowed || !i.HoldersOnly && caller.Origin == store.OriginRegistered
	} else {
		api, err = i.APIs.Find(ctx, t.Audience)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return api, fmt.Errorf("reading the API of a token: %w", err)
		}
		allowed = allowed || slices.Contains(api.IntrospectionClients, caller.ID)
	}
	if !allowed {
		return api, fmt.Errorf("%w: a token that client %s may not inspect", ErrInvalid, caller.ID)
	}
	return api, nil
}

// about returns what an answer says of the user: of another's API, no more than its tokens
// carry.
func (i *Inspectors) about(t token.Access, api store.API, user store.User) (username string, role store.Role) {
	own := t.Audience == i.Audience
	if own || slices.Contains(api.Claims, "preferred_username") {
		username = user.Username
	}
	if own || slices.Contains(api.Claims, "role") {
		role = user.Role
	}
	return username, role
}
