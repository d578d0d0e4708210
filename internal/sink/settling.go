package sink

import (
	"time"

	"gatehouse/store"
)

// A Settling knows up to which ID no event of the audit log appears any more, because events
// with higher IDs were there so long ago (store.AuditCommit).
type Settling struct {
	// Through is that ID.
	Through int64
	seen    []newest // in the order of time, and of IDs
}

type newest struct {
	at time.Time
	id int64
}

// Saw notes an ID that was there at a time, if it is the highest so far.
func (s *Settling) Saw(at time.Time, id int64) {
	highest := max(s.Through, id)
	if n := len(s.seen); n > 0 {
		highest = max(highest, s.seen[n-1].id)
	}
	s.seen = append(s.seen, newest{at, highest})
	for at.Sub(s.seen[0].at) > store.AuditCommit {
		s.Through = s.seen[0].id
		s.seen = s.seen[1:]
	}
}

// ready returns those of the events after from behind which nothing is missing: an ID that
// was passed over may belong to an event whose transaction has not ended.
func (s *Settling) ready(from int64, events []store.AuditEvent) []store.AuditEvent {
	for i, e := range events {
		if e.ID != from+1 && e.ID > s.Through {
			return events[:i]
		}
		from = e.ID
	}
	return events
}
