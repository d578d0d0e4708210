package recovery

import (
	"context"
	"slices"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/store"
)

func (c *CarryOver) apis(ctx context.Context, done *Carried) error {
	after := ""
	for {
		some, err := c.Restored.ListAPIs(ctx, after, page)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, a := range some {
			if err := c.api(ctx, a, done); err != nil {
				return err
			}
		}
		after = some[len(some)-1].ID
	}
}

// api reduces an API to what both databases allow, and closes it if it was deleted after
// the backup.
func (c *CarryOver) api(ctx context.Context, was store.API, done *Carried) error {
	now := was
	_, fate, err := c.ask(was.CreatedAt, func(db Replaced) error {
		since, err := db.APIByID(ctx, was.ID)
		switch {
		case err == nil && since.Identifier == was.Identifier:
			now = leastAPI(was, since)
		case err == nil: // another took its ID
			now = closed(was)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case fate == untold:
		done.Untold = append(done.Untold, was.ID)
		return nil
	case fate == gone:
		now = closed(was)
	}
	changed := apis.Change(was, now)
	if len(changed.After) == 0 {
		return nil
	}
	done.APIs = append(done.APIs, was.ID)
	now.UpdatedAt = c.Now()
	return c.write(ctx, audit.APISubject(was.ID), changed, func(tx store.Tx) error { return tx.PutAPI(now) })
}

// closed returns an API that no client can use. Whether to delete again what the backup
// brought back is for the operator to decide.
func closed(a store.API) store.API {
	if a.ID == store.OwnAPI { // without a record, it is for registered clients
		a.Clients = store.ClientsRegistered
		return a
	}
	a.Clients, a.ListedClients, a.IntrospectionClients = store.ClientsListed, nil, nil
	return a
}

// leastAPI returns the API with what it allows in both databases.
func leastAPI(was, since store.API) store.API {
	now := was
	switch {
	case was.Clients == since.Clients:
		now.ListedClients = common(was.ListedClients, since.ListedClients)
	case wider(was.Clients, since.Clients):
		now.Clients, now.ListedClients = since.Clients, since.ListedClients
	}
	now.Scopes = nil
	for _, s := range was.Scopes {
		if kept, there := since.Scope(s.Name); there {
			s.Sensitive = s.Sensitive || kept.Sensitive
			now.Scopes = append(now.Scopes, s)
		}
	}
	now.Claims = common(was.Claims, since.Claims)
	now.IntrospectionClients = common(was.IntrospectionClients, since.IntrospectionClients)
	now.ListedInMetadata = was.ListedInMetadata && since.ListedInMetadata
	return now
}

// wider reports whether one rule for clients admits more than another.
func wider(one, other string) bool {
	from := []string{store.ClientsListed, store.ClientsRegistered, store.ClientsAny}
	return slices.Index(from, one) > slices.Index(from, other)
}
