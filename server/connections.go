package server

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// connections is a listener that bounds how many connections are open. At the limit
// a new one takes the place of the one that has been idle longest: whoever holds
// thousands open cannot keep others out. One is idle until a whole request has come
// on it, for to send one slowly is to hold a connection open like any other. If all
// are at work, the new one waits, and those behind it in the system's queue.
//
// It does not count by network: behind a balancer all come from one.
type connections struct {
	net.Listener
	limit int
	log   *slog.Logger

	mu     sync.Mutex
	change *sync.Cond
	// open holds every connection; those that are idle have a place in idle, the
	// longest first.
	open   map[net.Conn]*connection
	idle   *list.List
	closed bool
	// complained is when the log was last told that places are short.
	complained time.Time
}

// A connection is at work, for so many requests, or has a place among the idle ones.
type connection struct {
	works int
	place *list.Element
}

// limited returns l if there is no limit. srv must serve what it returns, and nothing else.
func limited(l net.Listener, limit int, srv *http.Server, log *slog.Logger) net.Listener {
	if limit <= 0 {
		return l
	}
	c := &connections{Listener: l, limit: limit, log: log, open: map[net.Conn]*connection{}, idle: list.New()}
	c.change = sync.NewCond(&c.mu)
	srv.ConnState = c.note
	srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, workKey{}, func(n int) { c.works(conn, n) })
	}
	return c
}

type workKey struct{}

// working tells the connection of a request that work on it has begun, and returns
// what tells of the end.
func working(ctx context.Context) (done func()) {
	tell, bounded := ctx.Value(workKey{}).(func(int))
	if !bounded {
		return func() {}
	}
	tell(1)
	return func() { tell(-1) }
}

// Accept implements net.Listener. Where the system has no file left, the one that is
// idle longest makes room; package http waits a moment and comes again.
func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		c.mu.Lock()
		c.evict("the system allows no more open files; idle connections are closed")
		c.mu.Unlock()
	}
	if err != nil {
		return nil, err
	}
	return conn, c.admit(conn)
}

// admit waits until there is room for conn.
func (c *connections) admit(conn net.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) >= c.limit && !c.closed {
		if !c.evict("GATEHOUSE_MAX_CONNECTIONS are open; idle ones make room for new ones") {
			c.change.Wait()
		}
	}
	if c.closed {
		_ = conn.Close() // nobody will serve it
		return net.ErrClosed
	}
	c.open[conn] = &connection{place: c.idle.PushBack(conn)}
	return nil
}

// evict closes the connection that is idle longest, if one is.
func (c *connections) evict(why string) bool {
	const complainEvery = time.Minute
	if now := time.Now(); now.Sub(c.complained) > complainEvery { //nolint:forbidigo // how often, not when
		c.complained = now
		c.log.Warn(why, "open", len(c.open), "idle", c.idle.Len())
	}
	longest := c.idle.Front()
	if longest == nil {
		return false
	}
	conn := longest.Value.(net.Conn)
	c.forget(conn)
	go func() { _ = conn.Close() }() // TLS says goodbye, which may take a while
	return true
}

// note implements http.Server.ConnState.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.open[conn]
	switch {
	case known == nil: // it had to go
	case state == http.StateClosed || state == http.StateHijacked:
		c.forget(conn)
		c.change.Signal()
	case known.place != nil:
		c.idle.MoveToBack(known.place)
	}
}

// works adds n to the requests that a connection is at work for.
func (c *connections) works(conn net.Conn, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.open[conn]
	if known == nil {
		return // it had to go
	}
	known.works += n
	switch {
	case known.works > 0 && known.place != nil:
		c.idle.Remove(known.place)
		known.place = nil
	case known.works == 0 && known.place == nil:
		known.place = c.idle.PushBack(conn)
		c.change.Signal()
	}
}

func (c *connections) forget(conn net.Conn) {
	if known := c.open[conn]; known != nil && known.place != nil {
		c.idle.Remove(known.place)
	}
	delete(c.open, conn)
}

// Close implements net.Listener.
func (c *connections) Close() error {
	c.mu.Lock()
	c.closed = true
	c.change.Broadcast()
	c.mu.Unlock()
	return c.Listener.Close()
}
