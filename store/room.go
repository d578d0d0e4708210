package store

import (
	"errors"
	"time"
)

// ErrFull means that a Room has no place for another record.
var ErrFull = errors.New("store: too many open")

// A Room bounds the open records that a client or a network may leave behind. It is
// compared in the statement that adds one, so callers at the same moment exceed it by
// their number at most. The zero Room has no bound.
type Room struct {
	// Now is when the room is asked for: a record that expires later is open.
	Now time.Time
	// Client is how many open records the client may have, and Network how many the
	// network of the new one may have, whatever their clients. 0: any number.
	Client, Network int
}
