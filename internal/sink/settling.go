package sink

import (
	"time"

	"gatehouse/store"
)

// A settling knows up to which ID no event appears any more, because events with higher IDs
// were there so long ago.
type settling struct {
	seen []newest // in the order of time
	// through is that ID.
	through int64
}

type newest struct {
	at time.Time
	id int64
}

// saw notes the highest ID that was there at a time.
func (s *settling) saw(at time.Time, id int64) {
	s.seen = append(s.seen, newest{at, id})
	for at.Sub(s.seen[0].at) > store.AuditCommit {
		s.through = s.seen[0].id
		s.seen = s.seen[1:]
	}
}

// ready returns those of the events after from behind which nothing is missing: an ID that
// was passed over may belong to an event whose transaction has not ended.
func (s *settling) ready(from int64, events []store.AuditEvent) []store.AuditEvent {
	for i, e := range events {
		if e.ID != from+1 && e.ID > s.through {
			return events[:i]
		}
		from = e.ID
	}
	return events
}
