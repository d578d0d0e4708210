package browser

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// finishing bounds work that the caller cannot cancel.
const finishing = 3 * time.Second

// End signs the user out of this browser: it ends the browser session and every client's
// session that began in it. The record then has the logout notices that are due.
func (s *Service) End(ctx context.Context, b store.BrowserSession, u store.User, reason string) error {
	var ended []store.Session
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended, err = s.end(ctx, tx, b, u, reason)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a browser session: %w", err)
	}
	return s.forget(ctx, ended)
}

func (s *Service) end(ctx context.Context, tx store.Tx, b store.BrowserSession, u store.User, reason string) ([]store.Session, error) {
	now, subject := s.Now(), audit.UserSubject(u.Sub)
	done, err := tx.EndBrowser(b.ID, now)
	if err != nil {
		return nil, err
	}
	ended, err := tx.EndBrowserSessions(b.ID, reason, now)
	if err != nil {
		return nil, err
	}
	if done {
		event := audit.Event{Actor: subject, Subject: subject, SessionID: b.ID, What: audit.BrowserEnded{Reason: reason, Sessions: len(ended)}}
		if err := tx.Audit(event.Record(ctx, now)); err != nil {
			return nil, err
		}
	}
	for _, session := range ended {
		event := audit.Event{Actor: subject, Subject: subject, SessionID: session.ID, ClientID: session.ClientID, What: audit.SessionEnded{Reason: reason}}
		if err := tx.Audit(event.Record(ctx, now)); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// forget completes even if the person closes the window.
func (s *Service) forget(ctx context.Context, ended []store.Session) error {
	if len(ended) == 0 {
		return nil
	}
	sids := make([]string, len(ended))
	for i, session := range ended {
		sids[i] = session.ID
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	if err := s.Sessions.ForgetEnded(ctx, sids); err != nil {
		s.Log.WarnContext(ctx, "ended sessions are still in the rotations", "sessions", len(sids), "error", err)
	}
	return nil
}
