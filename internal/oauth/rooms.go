package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Rooms say how many requests of one kind may be open at once, which the server keeps
// until a person answers them.
type Rooms struct {
	// Client is for one client. Network is for one network that asks in the name of public
	// clients, as anybody may. A client that authenticates is not counted by network,
	// because its server asks for all of its users.
	Client, Network int
	// RetryAfter is when to ask again.
	RetryAfter time.Duration
}

// For returns the room of a client, and the network that counts with it, or "".
func (r Rooms) For(ctx context.Context, client store.Client, now time.Time) (room store.Room, network string) {
	room = store.Room{Now: now, Client: r.Client}
	if client.Public() {
		room.Network, network = r.Network, reqctx.From(ctx).Site().String()
	}
	return room, network
}

// Refused turns store.ErrFull into a *throttle.Limited (RFC 6585 §4).
func (r Rooms) Refused(err error) error {
	if errors.Is(err, store.ErrFull) {
		return fmt.Errorf("%w: %w", err, &throttle.Limited{RetryAfter: r.RetryAfter})
	}
	return err
}

// A TooLarge refuses a request that is longer than the server keeps (RFC 9126 §2.3).
type TooLarge struct{ Bytes, Most int }

func (e *TooLarge) Error() string { return "too large: " + e.Description() }

// Description is the sentence for the client.
func (e *TooLarge) Description() string {
	return fmt.Sprintf("The request has %d bytes of parameters; at most %d are allowed.", e.Bytes, e.Most)
}
