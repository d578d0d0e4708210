package sink

import "time"

// A trouble is why nothing is delivered, as the log was told.
type trouble struct{ since, told time.Time }

// note logs that nothing can be delivered, not with every try, and when it can again.
func (s *Sink) note(err error) {
	now := s.Now()
	switch {
	case err == nil && !s.trouble.since.IsZero():
		s.Log.Info("the audit log is written to its sink again", "after", now.Sub(s.trouble.since).Round(time.Second).String())
		s.trouble = trouble{}
	case err != nil:
		s.Failed()
		if s.trouble.since.IsZero() {
			s.trouble.since = now
		}
		if now.Sub(s.trouble.told) < remindEvery {
			return
		}
		s.trouble.told = now
		at, _ := s.waiting()
		s.Log.Error("the audit log could not be written to its sink; nothing is lost, as the database keeps it: trying again", "after_id", at.Through, "error", err)
	}
}
