package clientauth

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/outbound"
)

const (
	// jwksMemory is how long the keys of a client are cached.
	jwksMemory = 5 * time.Minute
	maxJWKS    = 200
)

// JWKSCache reads the documents behind clients' jwks_uri. It fetches each about once in
// five minutes, and a failing one once in ten seconds, so that nobody can make us
// send more requests.
type JWKSCache struct {
	Client *http.Client
	Now    func() time.Time

	mu    sync.Mutex
	known map[string]*jwksEntry
}

type jwksEntry struct {
	mu    sync.Mutex // held while fetching, so that one call fetches for all
	asked time.Time
	err   error
	body  atomic.Pointer[[]byte] // the last document that was fetched
}

// failureMemory is how long a failure is cached.
const failureMemory = 10 * time.Second

// Get returns the document at url. If it cannot be fetched, or another call is
// fetching it, Get returns the previous one: calls that all wait for a hanging host
// would fill the server.
func (c *JWKSCache) Get(ctx context.Context, url string) ([]byte, error) {
	e := c.entry(url)
	if !e.mu.TryLock() {
		if body := e.body.Load(); body != nil {
			return *body, nil
		}
		e.mu.Lock()
	}
	defer e.mu.Unlock()
	now := c.Now()
	memory := jwksMemory
	if e.err != nil {
		memory = failureMemory
	}
	if age := now.Sub(e.asked); !e.asked.IsZero() && age >= 0 && age < memory {
		return e.answer()
	}
	body, err := outbound.Get(context.WithoutCancel(ctx), c.Client, url)
	if e.asked, e.err = now, err; err == nil {
		e.body.Store(&body)
	}
	return e.answer()
}

func (e *jwksEntry) answer() ([]byte, error) {
	if body := e.body.Load(); body != nil {
		return *body, nil
	}
	return nil, fmt.Errorf("reading a client's keys: %w", e.err)
}

func (c *JWKSCache) entry(url string) *jwksEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.known[url]; e != nil {
		return e
	}
	if c.known == nil || len(c.known) >= maxJWKS {
		c.known = map[string]*jwksEntry{}
	}
	e := &jwksEntry{}
	c.known[url] = e
	return e
}
