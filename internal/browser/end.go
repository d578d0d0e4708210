package browser

import (
	"context"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// End signs the user out of this browser: it ends the browser session and every client's
// session that began in it. The record then has the logout notices that are due.
func (s *Service) End(ctx context.Context, b store.BrowserSession, u store.User, reason store.EndReason) error {
	return s.end(ctx, audit.UserSubject(u.Sub), b, u, reason)
}

// end is End by an actor, by their name in the audit log.
func (s *Service) end(ctx context.Context, actor string, b store.BrowserSession, u store.User, reason store.EndReason) error {
	var result store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		result, err = s.Ends.All(ctx, tx, store.End{
			BrowserID: b.ID, Reason: reason, At: s.Now(), Actor: actor, Sub: u.Sub,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a browser session: %w", err)
	}
	s.Ends.Forget(ctx, result)
	return nil
}
