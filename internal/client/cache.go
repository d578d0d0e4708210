package client

import (
	"context"
	"sync"
	"time"

	"gatehouse/internal/session"
	"gatehouse/store"
)

// A Cache reads each client at most about once a second, and has the built-in one.
// Every token request needs its client, and a few clients send most requests.
type Cache struct {
	Store interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	// AccountsRotation is the rule of the built-in client (store.RotationRules).
	AccountsRotation string
	Now              func() time.Time

	mu    sync.RWMutex
	known map[string]knownClient
}

type knownClient struct {
	client store.Client
	asked  time.Time
}

const (
	// clientMemory is below the second after which a revocation must be in force
	// everywhere. A client that is disabled or loses a secret counts as one.
	clientMemory = 900 * time.Millisecond
	maxClients   = 1000
)

// ClientByID returns the client or store.ErrNotFound. It does not cache absent clients,
// because made-up IDs would push out real ones. The caller must not change the
// elements of the client's slices.
func (c *Cache) ClientByID(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(c.AccountsRotation), nil
	}
	now := c.Now()
	c.mu.RLock()
	k, ok := c.known[id]
	c.mu.RUnlock()
	if age := now.Sub(k.asked); ok && age >= 0 && age < clientMemory {
		return k.client, nil
	}
	return c.Fresh(ctx, id)
}

// Fresh returns the client from the record. Callers use it before they refuse a client
// anything, so that a stale entry never causes a refusal.
func (c *Cache) Fresh(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(c.AccountsRotation), nil
	}
	now := c.Now()
	client, err := c.Store.ClientByID(ctx, id)
	if err != nil {
		return store.Client{}, err
	}
	c.remember(client, now)
	return client, nil
}

// remember caches the client. Its age counts from before the query, so that a slow
// answer does not count as fresh.
func (c *Cache) remember(client store.Client, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxClients {
		c.known = make(map[string]knownClient)
	}
	c.known[client.ID] = knownClient{client, asked}
}
