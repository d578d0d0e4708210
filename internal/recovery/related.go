package recovery

import (
	"context"
	"errors"
	"slices"

	"gatehouse/store"
)

// related reports whether the databases have a signing key or a person in common. The IDs
// of both are never given twice.
func (c *CarryOver) related(ctx context.Context) (bool, error) {
	was, err := c.Restored.SigningKeys(ctx)
	if err != nil {
		return false, err
	}
	since, err := c.Replaced.SigningKeys(ctx)
	if err != nil {
		return false, err
	}
	for _, k := range was {
		if slices.ContainsFunc(since, func(s store.SigningKey) bool { return s.ID == k.ID }) {
			return true, nil
		}
	}
	return c.shareSomebody(ctx)
}

func (c *CarryOver) shareSomebody(ctx context.Context) (bool, error) {
	query := store.UserQuery{OrderBy: store.ByID, Limit: page}
	for {
		some, err := c.Restored.ListUsers(ctx, query)
		if err != nil {
			return false, err
		}
		for _, u := range some.Users {
			_, err := c.Replaced.UserBySub(ctx, u.Sub)
			if !errors.Is(err, store.ErrNotFound) {
				return err == nil, err
			}
		}
		if !some.More {
			return false, nil
		}
		query.After = &store.UserPosition{ID: some.Users[len(some.Users)-1].ID}
	}
}
