package client

import (
	"context"
	"sync"
	"time"

	"gatehouse/internal/session"
	"gatehouse/store"
)

// A Cache reads apps, each at most about once a second, and knows the built-in
// one. Every token request asks for its client, and few clients ask for most tokens.
type Cache struct {
	Store interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Now func() time.Time

	mu    sync.RWMutex
	known map[string]knownClient
}

type knownClient struct {
	client store.Client
	asked  time.Time
}

const (
	// clientMemory is below the second in which a revocation, so also a client
	// that was switched off or lost a secret, must count everywhere.
	clientMemory = 900 * time.Millisecond
	maxClients   = 1000
)

// ClientByID returns the client or store.ErrNotFound. What is not there is not
// remembered: made-up IDs would push out the real ones. The caller must not
// change what the client's slices hold.
func (c *Cache) ClientByID(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(), nil
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

// Fresh returns the client as it is at this moment. It is asked before a client is
// refused anything, so that no refusal rests on what has just been changed.
func (c *Cache) Fresh(ctx context.Context, id string) (store.Client, error) {
	if id == session.AccountsID {
		return session.Accounts(), nil
	}
	now := c.Now()
	client, err := c.Store.ClientByID(ctx, id)
	if err != nil {
		return store.Client{}, err
	}
	c.remember(client, now)
	return client, nil
}

// remember counts the age from before the question, so that an answer that was
// long under way is not taken for fresh.
func (c *Cache) remember(client store.Client, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxClients {
		c.known = make(map[string]knownClient)
	}
	c.known[client.ID] = knownClient{client, asked}
}
