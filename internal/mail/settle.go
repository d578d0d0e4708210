package mail

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// failed puts a message off, or gives it up.
func (s *Sender) failed(ctx context.Context, m store.Mail, what content, f *failure) {
	again := s.Now().Add(delayAfter(m.Tries))
	end := m.CreatedAt.Add(keep)
	if !what.Until.IsZero() && what.Until.Before(end) {
		end = what.Until
	}
	if f.final || again.After(end) {
		s.observe(m.Purpose, "given up")
		if what.Sub == "" {
			what, _ = s.Outbox.open(m) // whom the record names, if it can be read
		}
		s.settle(ctx, m, what, audit.MailFailed{Purpose: m.Purpose, Reason: f.reason, Tries: m.Tries})
		return
	}
	s.observe(m.Purpose, "failed")
	s.putOff(ctx, m, again)
}

// release gives back messages of a turn that was broken off, for the next one.
func (s *Sender) release(ctx context.Context, mine []store.Mail) {
	for _, m := range mine {
		s.putOff(ctx, m, s.Now())
	}
}

// putOff records the next try. If that fails, the claim expires.
func (s *Sender) putOff(ctx context.Context, m store.Mail, again time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := s.DB.PutOffMail(ctx, m.ID, again); err != nil {
		s.Log.WarnContext(ctx, "a mail was not put off", "purpose", m.Purpose, "error", err)
	}
}

// settle forgets a message, with its evidence. It tries as long as the claim holds, because
// after that the message would be sent again.
func (s *Sender) settle(ctx context.Context, m store.Mail, what content, evidence audit.Kind) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	event := audit.Event{Actor: audit.System, What: evidence}
	if what.Sub != "" {
		event.Subject = audit.UserSubject(what.Sub)
	}
	for {
		err := s.DB.Write(ctx, func(tx store.Tx) error {
			if _, err := tx.DropMail(m.ID); err != nil {
				return err
			}
			return tx.Audit(event.Record(ctx, s.Now()))
		})
		if err == nil {
			return
		}
		s.Log.WarnContext(ctx, "a mail was not settled", "purpose", m.Purpose, "error", err)
		if errors.Is(err, context.Canceled) || !pause(ctx, s.Every) || s.Now().After(m.NextTry) {
			return
		}
	}
}

func (s *Sender) observe(purpose, result string) {
	if s.Observe != nil {
		s.Observe(purpose, result)
	}
}

// outlive returns a context that ends grace after ctx.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		pause(longer, grace)
		cancel()
	})
	return longer, func() { stop(); cancel() }
}

// pause waits, and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
