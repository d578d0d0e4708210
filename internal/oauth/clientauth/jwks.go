package clientauth

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"gatehouse/internal/outbound"
	"gatehouse/keys"
	"gatehouse/store"
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

// errReading says that another request is reading the keys.
var errReading = fmt.Errorf("a client's keys are being read: %w", store.ErrUnavailable)

// JWKSCache reads the documents behind clients' jwks_uri. It fetches each about once in
// five minutes, and once in ten seconds if it fails or for an unknown key, so that nobody
// can make us send more requests. One request at a time waits for a document: if all waited
// for a host that hangs, they would fill the server.
type JWKSCache struct {
	Client *http.Client
	// Limits counts the requests that find no keys, by network and document, before they
	// lead to a fetch: nobody has authenticated yet.
	Limits interface {
		Failure(ctx context.Context, kind, id string) error
	}
	Now func() time.Time

	mu    sync.Mutex
	known map[string]*jwksEntry
}

// A jwksEntry is what is known of one document.
type jwksEntry struct {
	mu      sync.Mutex // not held during a fetch
	reading bool
	asked   time.Time
	renewed time.Time // the last fetch by Renew
	err     error
	good    jwks // the last document with a usable key
}

type jwks struct {
	body []byte
	read time.Time
}

// Get returns the document at url. If it cannot be fetched or has no usable key, as a page
// of maintenance, or if another call is fetching it, Get returns the previous one. Without
// a previous one it returns store.ErrUnavailable during that call, and *throttle.Limited
// after too many calls.
func (c *JWKSCache) Get(ctx context.Context, url string) ([]byte, error) {
	e, now := c.entry(url), c.Now()
	kept, _ := e.kept(now)
	if !e.due(now) {
		return e.kept(now)
	}
	if kept == nil {
		if err := c.Limits.Failure(ctx, "jwks", url); err != nil {
			return nil, err
		}
	}
	if e.begin(false, now) {
		e.fetch(ctx, c.Client, url, now)
	} else if kept == nil {
		return nil, errReading
	}
	return e.kept(now)
}

// Renew is Get for a caller that misses a key in what Get returned. It fetches the document
// again, at most once in ten seconds.
func (c *JWKSCache) Renew(ctx context.Context, url string) ([]byte, error) {
	e, now := c.entry(url), c.Now()
	if !e.renewable(now) {
		return e.kept(now)
	}
	if err := c.Limits.Failure(ctx, "jwks", url); err != nil {
		return nil, err
	}
	if !e.begin(true, now) {
		return nil, errReading
	}
	e.fetch(ctx, c.Client, url, now)
	return e.kept(now)
}

// due reports whether the last fetch no longer counts.
func (e *jwksEntry) due(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return !within(failureMemory, e.asked, now)
	}
	return !within(jwksMemory, e.asked, now)
}

// renewable reports whether an unknown key may lead to a fetch, or to waiting for one.
func (e *jwksEntry) renewable(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reading || e.err == nil && !within(renewEvery, e.renewed, now)
}

func within(limit time.Duration, then, now time.Time) bool {
	age := now.Sub(then)
	return !then.IsZero() && age >= 0 && age < limit
}

// begin reports whether the caller is the one that fetches.
func (e *jwksEntry) begin(renew bool, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reading {
		return false
	}
	if e.reading = true; renew {
		e.renewed = now
	}
	return true
}

func (e *jwksEntry) fetch(ctx context.Context, client *http.Client, url string, now time.Time) {
	body, err := outbound.Get(context.WithoutCancel(ctx), client, url)
	if err == nil {
		err = keys.CheckUsable(body)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reading, e.asked, e.err = false, now, err; err == nil {
		e.good = jwks{body, now}
	}
}

// kept returns the last document with a usable key, if it is not too old.
func (e *jwksEntry) kept(now time.Time) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.good.body != nil && now.Sub(e.good.read) < jwksAge {
		return e.good.body, nil
	}
	return nil, fmt.Errorf("reading a client's keys: %w", e.err)
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
