package model_test

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// TestConcurrentActsHaveAnOrder lets several callers act on one session at once, batch
// after batch. They may act in any order, but their answers must fit into one.
func TestConcurrentActsHaveAnOrder(t *testing.T) {
	onEverySite(t, func(t *testing.T, s *site) {
		rapid.Check(t, func(t *rapid.T) {
			s.away.gone.Store(false)
			s.backend.clear(t)
			c := newCrowd(t, s)
			for range rapid.IntRange(1, 4).Draw(t, "batches") {
				if c.over {
					break
				}
				c.batch(t)
			}
		})
	})
}

// A crowd is one session and the callers that act on it.
type crowd struct {
	*site
	person         store.User
	app            store.Client
	sid            string
	previous, last string          // refresh tokens; previous may be empty
	first          string          // the first access token
	access         []string        // all of them
	earlier        map[string]bool // refresh tokens from before this batch
	over           bool
	mu             sync.Mutex
	fresh          map[string]bool // refresh tokens that this batch got
	ended, reused  bool
}

func newCrowd(t *rapid.T, s *site) *crowd {
	c := &crowd{site: s, person: s.person(t), app: s.app(t, "none"), earlier: map[string]bool{}}
	got := s.post(t, "/oauth/token", c.app, url.Values{"grant_type": {"password"}, "username": {c.person.Username}, "password": {"right"}})
	claims, err := s.verifier.Access(t.Context(), got.Access)
	if err != nil {
		t.Fatalf("starting the session: %+v, %v; want a session", got, err)
	}
	c.sid, c.last, c.first, c.access = claims.SessionID, got.Refresh, got.Access, []string{got.Access}
	return c
}

var acts = rapid.SampledFrom([]string{"refresh", "refresh", "refresh", "refresh", "refresh before", "revoke", "revoke access", "end", "end all", "password", "introspect"})

// batch lets all callers act at once, and then checks that their answers have an order.
func (c *crowd) batch(t *rapid.T) {
	chosen := rapid.SliceOfN(acts, 2, 8).Draw(t, "at once")
	c.earlier[c.last] = true
	c.fresh, c.ended, c.reused = map[string]bool{}, false, false
	c.backend.keep(t)
	var wg sync.WaitGroup
	start := make(chan struct{})
	problems := make(chan error, len(chosen))
	for _, act := range chosen {
		wg.Go(func() {
			<-start
			problems <- c.act(t, act)
		})
	}
	close(start)
	wg.Wait()
	close(problems)
	for err := range problems {
		if err != nil {
			t.Fatalf("one of the concurrent acts: %v", err)
		}
	}
	c.ordered(t, chosen)
}

// ordered checks that there is at most one successor, that the session is dead once an
// end was acknowledged, and that it lives if it was not ended and no old token came.
func (c *crowd) ordered(t *rapid.T, chosen []string) {
	if len(c.fresh) > 1 {
		t.Fatalf("%v gave %d successors, want at most one", chosen, len(c.fresh))
	}
	for raw := range c.fresh {
		c.previous, c.last = c.last, raw
	}
	alive := c.lives(t, chosen)
	switch {
	case (c.ended || c.reused) && alive:
		t.Fatalf("after %v the session lives, want it ended", chosen)
	case !c.ended && !c.reused && !alive:
		t.Fatalf("after %v the session has ended, want it to live", chosen)
	}
	c.over = !alive
}

// lives introspects every token; the answers must agree.
func (c *crowd) lives(t *rapid.T, chosen []string) bool {
	found, err := c.sessions.Inspect(t.Context(), c.app, c.last)
	if err != nil {
		t.Fatalf("introspecting the token: %v", err)
	}
	for _, raw := range c.access {
		other, err := c.sessions.Inspect(t.Context(), c.app, raw)
		if err != nil || other.Active != found.Active {
			t.Fatalf("after %v an access token is active: %v, %v; want %v, like the refresh token", chosen, other.Active, err, found.Active)
		}
	}
	for raw := range c.earlier {
		if old, err := c.sessions.Inspect(t.Context(), c.app, raw); raw != c.last && (err != nil || old.Active) {
			t.Fatalf("after %v a used refresh token is active: %v, %v; want false", chosen, old.Active, err)
		}
	}
	return found.Active
}

func (c *crowd) act(t *rapid.T, what string) error {
	switch what {
	case "refresh":
		return c.refresh(t, c.last)
	case "refresh before":
		if c.previous == "" {
			return nil
		}
		return c.refresh(t, c.previous)
	case "revoke":
		return c.acknowledged(c.post(t, "/oauth/revoke", c.app, url.Values{"token": {c.last}}))
	case "revoke access":
		return c.acknowledged(c.post(t, "/oauth/revoke", c.app, url.Values{"token": {c.first}}))
	case "end":
		_, err := c.sessions.End(t.Context(), "cli", c.sid, 0, "logout")
		return c.done(err)
	case "end all":
		_, err := c.sessions.EndAll(t.Context(), "cli", c.person.ID, "", "logout")
		return c.done(err)
	case "password":
		in := account.Input{Password: fields.Given(fmt.Sprintf("correct horse battery %d", c.made.Add(1)))}
		_, err := c.people.Change(t.Context(), authz.Operator, c.person, in, false)
		return c.done(err)
	}
	_, err := c.sessions.Inspect(t.Context(), c.app, c.last)
	return err
}

func (c *crowd) acknowledged(got answer) error {
	if got.status != 200 {
		return fmt.Errorf("revocation: %d %s", got.status, got.Code)
	}
	return c.done(nil)
}

func (c *crowd) done(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return err
}

func (c *crowd) refresh(t *rapid.T, raw string) error {
	got := c.post(t, "/oauth/token", c.app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {raw}})
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case got.Code == badGrant: // the session has ended, or this ends it
		c.reused = true
		return nil
	case got.Code != granted:
		return errors.New("refresh: " + got.Code)
	}
	c.access = append(c.access, got.Access)
	if !c.earlier[got.Refresh] {
		c.fresh[got.Refresh] = true
	}
	return nil
}
