package clientauth

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/outbound"
	"gatehouse/keys"
)

const (
	// jwksMemory is how long the keys of a client are cached.
	jwksMemory = 5 * time.Minute
	// failureMemory is how long a failure is cached.
	failureMemory = 10 * time.Second
	// renewEvery is how often an unknown key may lead to a fetch.
	renewEvery = 10 * time.Second
	// jwksAge is how old keys may become that cannot be read again.
	jwksAge = 24 * time.Hour
	maxJWKS = 200
)

// JWKSCache reads the documents behind clients' jwks_uri. It fetches each about once in
// five minutes, and once in ten seconds if it fails or for an unknown key, so that nobody
// can make us send more requests.
type JWKSCache struct {
	Client *http.Client
	Now    func() time.Time

	mu    sync.Mutex
	known map[string]*jwksEntry
}

type jwksEntry struct {
	mu      sync.Mutex // held while fetching, so that one call fetches for all
	asked   time.Time
	renewed time.Time // the last fetch by Renew
	err     error
	good    atomic.Pointer[jwks] // the last document with a usable key
}

type jwks struct {
	body []byte
	read time.Time
}

// Get returns the document at url. If it cannot be fetched or has no usable key, as a page
// of maintenance, or if another call is fetching it, Get returns the previous one: calls
// that all wait for a hanging host would fill the server.
func (c *JWKSCache) Get(ctx context.Context, url string) ([]byte, error) {
	return c.get(ctx, url, false)
}

// Renew is Get for a caller that misses a key in what Get returned. It fetches the document
// again, at most once in ten seconds.
func (c *JWKSCache) Renew(ctx context.Context, url string) ([]byte, error) {
	return c.get(ctx, url, true)
}

func (c *JWKSCache) get(ctx context.Context, url string, renew bool) ([]byte, error) {
	e := c.entry(url)
	if !e.mu.TryLock() {
		if body := e.kept(c.Now()); body != nil {
			return body, nil
		}
		e.mu.Lock()
	}
	defer e.mu.Unlock()
	now := c.Now()
	renew = renew && e.err == nil && !within(renewEvery, e.renewed, now)
	if renew {
		e.renewed = now
	}
	if renew || !e.fresh(now) {
		e.fetch(ctx, c.Client, url, now)
	}
	if body := e.kept(now); body != nil {
		return body, nil
	}
	return nil, fmt.Errorf("reading a client's keys: %w", e.err)
}

// fresh reports whether the last fetch still counts.
func (e *jwksEntry) fresh(now time.Time) bool {
	if e.err != nil {
		return within(failureMemory, e.asked, now)
	}
	return within(jwksMemory, e.asked, now)
}

func within(limit time.Duration, then, now time.Time) bool {
	age := now.Sub(then)
	return !then.IsZero() && age >= 0 && age < limit
}

func (e *jwksEntry) fetch(ctx context.Context, client *http.Client, url string, now time.Time) {
	body, err := outbound.Get(context.WithoutCancel(ctx), client, url)
	if err == nil {
		err = keys.CheckUsable(body)
	}
	if e.asked, e.err = now, err; err == nil {
		e.good.Store(&jwks{body, now})
	}
}

// kept returns the last document with a usable key, or nil if it is too old.
func (e *jwksEntry) kept(now time.Time) []byte {
	if good := e.good.Load(); good != nil && now.Sub(good.read) < jwksAge {
		return good.body
	}
	return nil
}

func (c *JWKSCache) entry(url string) *jwksEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.known[url]; e != nil {
		return e
	}
	if c.known == nil {
		c.known = map[string]*jwksEntry{}
	}
	for other := range c.known {
		if len(c.known) < maxJWKS {
			break
		}
		delete(c.known, other)
	}
	e := &jwksEntry{}
	c.known[url] = e
	return e
}
