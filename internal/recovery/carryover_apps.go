package recovery

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

func (c *CarryOver) clients(ctx context.Context, done *Carried) error {
	after := ""
	for {
		some, err := c.Restored.ListClients(ctx, after, page)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, client := range some {
			if err := c.client(ctx, client, done); err != nil {
				return err
			}
		}
		after = some[len(some)-1].ID
	}
}

// client switches an app off that was deleted or switched off since, and gives it
// the secrets that it has been given since: it knows no others, and an older one
// may have been replaced because it leaked.
func (c *CarryOver) client(ctx context.Context, was store.Client, done *Carried) error {
	since, err := c.Replaced.ClientByID(ctx, was.ID)
	gone := errors.Is(err, store.ErrNotFound)
	if err != nil && !gone {
		return err
	}
	now, before, after := was, map[string]any{}, map[string]any{}
	if !was.Disabled && (gone || since.Disabled) {
		now.Disabled = true
		before["disabled"], after["disabled"] = false, true
		done.Disabled = append(done.Disabled, was.ID)
	}
	if !gone && !slices.Equal(was.Secrets, since.Secrets) {
		now.Secrets = since.Secrets
		after["secrets"] = "as they were given since the backup"
		done.Secrets = append(done.Secrets, was.ID)
	}
	if len(after) == 0 {
		return nil
	}
	now.UpdatedAt = c.Now().UTC()
	return c.write(ctx, audit.ClientSubject(was.ID), audit.ClientUpdated{Before: before, After: after}, func(tx store.Tx) error {
		return tx.PutClient(now)
	})
}

// keys adds the signing keys that were made since, so that what they signed is
// still known to be ours, and retires those that were retired.
func (c *CarryOver) keys(ctx context.Context, done *Carried) error {
	was, err := c.Restored.SigningKeys(ctx)
	if err != nil || len(was) == 0 {
		return err
	}
	since, err := c.Replaced.SigningKeys(ctx)
	if err != nil {
		return err
	}
	last := was[len(was)-1]
	for _, k := range since {
		i := slices.IndexFunc(was, func(w store.SigningKey) bool { return w.ID == k.ID })
		switch {
		case i < 0 && k.Generation > last.Generation && k.MasterKeyID == last.MasterKeyID:
			err = c.Restored.AddSigningKey(ctx, k, c.event(ctx, k, audit.KeyCreated{Generation: k.Generation, SignFrom: k.SignFrom.Format(time.RFC3339)}))
			done.Keys = append(done.Keys, k.ID)
		case i >= 0 && was[i].RetiredAt.IsZero() && !k.RetiredAt.IsZero():
			err = c.Restored.RetireSigningKey(ctx, k.ID, k.RetiredAt, c.event(ctx, k, audit.KeyRetired{Generation: k.Generation}))
			done.Retired = append(done.Retired, k.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *CarryOver) event(ctx context.Context, k store.SigningKey, what audit.Kind) store.AuditEvent {
	return audit.Event{Actor: c.Actor, Subject: audit.KeySubject(k.ID), What: what}.Record(ctx, c.Now().UTC())
}
