package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

const (
	// neverKeep is how long a client that registered itself stays if nobody signs in to it,
	// and unusedKeep how long after its last use.
	neverKeep  = 24 * time.Hour
	unusedKeep = 30 * 24 * time.Hour
)

// SweepUnused deletes at most n of the clients that registered themselves and are not used,
// with evidence. It fits sweep.Table.
func (s *Service) SweepUnused(ctx context.Context, now time.Time, n int) (erased int64, err error) {
	never, unused := now.Add(-neverKeep), now.Add(-max(unusedKeep, s.KeepUnused))
	ids, err := s.DB.UnusedClients(ctx, never, unused, n)
	if err != nil {
		return 0, fmt.Errorf("looking for unused clients: %w", err)
	}
	for _, id := range ids {
		if err := s.eraseUnused(ctx, id, unused); err != nil {
			return erased, err
		}
		erased++
	}
	return erased, nil
}

// eraseUnused deletes a client unless it has just been used, adopted or deleted.
func (s *Service) eraseUnused(ctx context.Context, id string, unused time.Time) error {
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		ended = store.EndResult{}
		c, err := tx.LockClient(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (c.Origin != store.OriginDynamic || c.LastUsedAt.After(unused)) {
			return nil
		}
		if err != nil {
			return err
		}
		ended, err = s.erase(ctx, tx, audit.System, c)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting an unused client: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}
