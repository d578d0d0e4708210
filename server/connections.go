package server

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// connections is a listener that bounds how many connections are open. At the limit
// a new one replaces the one that has been idle longest, so that a caller with thousands
// of open connections cannot keep others out. A connection is idle until a complete
// request has arrived on it: a slow sender holds a connection open like any other. If
// all are at work, the new one waits, and those behind it wait in the system's queue.
//
// A network that holds more than its share of the limit makes room out of its own
// connections. Otherwise a network that keeps opening connections would cut off all
// others before they could send a request.
type connections struct {
	net.Listener
	limit int
	log   *slog.Logger

	mu     sync.Mutex
	change *sync.Cond
	// open holds every connection. The idle ones are also in idle, the longest idle
	// first, and in the list of their network.
	open     map[net.Conn]*connection
	idle     *list.List // of *connection
	networks map[netip.Prefix]*neighbours
	streams  streams
	closed   bool
	// complained is when the log last said that connections are short.
	complained time.Time
}

// neighbours are the open connections of a network: their number, and the idle ones.
type neighbours struct {
	open int
	idle *list.List // of *connection
}

// A connection is at work for one or more requests, or is in the lists of idle ones.
type connection struct {
	net.Conn
	network netip.Prefix
	works   int
	streams int           // requests in progress over HTTP/2
	place   *list.Element // in connections.idle
	near    *list.Element // in neighbours.idle
	// answering is when the work ended, while the answer may not have been sent yet;
	// zero otherwise.
	answering time.Time
}

// limited bounds the connections of l; without a limit it returns l itself. srv must
// serve the returned listener, and no other.
func limited(l net.Listener, limit int, srv *http.Server, log *slog.Logger) net.Listener {
	if limit <= 0 {
		return l
	}
	c := &connections{Listener: l, limit: limit, log: log, open: map[net.Conn]*connection{}, idle: list.New(), networks: map[netip.Prefix]*neighbours{}, streams: streams{limit: limit, networks: map[netip.Prefix]int{}}}
	c.change = sync.NewCond(&c.mu)
	srv.ConnState = c.note
	srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, cameByKey{}, cameBy{c, conn})
	}
	return c
}

type cameByKey struct{}

// cameBy is the connection of a request, in its context.
type cameBy struct {
	all  *connections
	conn net.Conn
}

// working marks the connection of a request as at work, and returns the function that
// marks the end of the work.
func working(ctx context.Context) (done func()) {
	by, bounded := ctx.Value(cameByKey{}).(cameBy)
	if !bounded {
		return func() {}
	}
	by.all.works(by.conn, 1)
	return func() { by.all.works(by.conn, -1) }
}

// Accept implements net.Listener. When the system has no file descriptors left, it
// closes the connection that has been idle longest; package http waits a moment and
// calls Accept again.
func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		c.mu.Lock()
		c.evict(netip.Prefix{}, "the system allows no more open files; idle connections are closed")
		c.mu.Unlock()
	}
	if err != nil {
		return nil, err
	}
	return conn, c.admit(conn)
}

// admit waits until there is room for conn.
func (c *connections) admit(conn net.Conn) error {
	network := networkOf(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) >= c.limit && !c.closed {
		if !c.evict(network, "GATEHOUSE_MAX_CONNECTIONS are open; idle ones make room for new ones") {
			c.wait()
		}
	}
	if c.closed {
		_ = conn.Close() // the server no longer serves it
		return net.ErrClosed
	}
	known := &connection{Conn: conn, network: network}
	c.open[conn] = known
	if c.networks[network] == nil {
		c.networks[network] = &neighbours{idle: list.New()}
	}
	c.networks[network].open++
	c.rests(known)
	return nil
}

// rests puts a connection behind those that have been idle longer.
func (c *connections) rests(known *connection) {
	known.place = c.idle.PushBack(known)
	known.near = c.networks[known.network].idle.PushBack(known)
}

// wakes removes a connection from the lists of idle ones, if it is in them.
func (c *connections) wakes(known *connection) {
	if known.place != nil {
		c.idle.Remove(known.place)
		c.networks[known.network].idle.Remove(known.near)
		known.place, known.near = nil, nil
	}
}

// note implements http.Server.ConnState.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.open[conn]
	switch {
	case known == nil: // it was evicted
	case state == http.StateClosed || state == http.StateHijacked:
		c.forget(conn)
		c.change.Signal()
	case known.place != nil:
		known.answering = time.Time{}
		c.wakes(known)
		c.rests(known)
		c.change.Signal()
	}
}

// works adds n to the number of requests that a connection is at work for.
func (c *connections) works(conn net.Conn, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.open[conn]
	if known == nil {
		return // it was evicted
	}
	known.works += n
	switch {
	case known.works > 0:
		c.wakes(known)
	case known.works == 0 && known.place == nil:
		c.rests(known)
		known.answering = time.Now() //nolint:forbidigo // measures a duration
	}
}

func (c *connections) forget(conn net.Conn) {
	known := c.open[conn]
	c.wakes(known)
	for ; known.streams > 0; known.streams-- {
		c.streams.end(known)
	}
	delete(c.open, conn)
	near := c.networks[known.network]
	if near.open--; near.open == 0 {
		delete(c.networks, known.network)
	}
}

// Close implements net.Listener.
func (c *connections) Close() error {
	c.mu.Lock()
	c.closed = true
	c.change.Broadcast()
	c.mu.Unlock()
	return c.Listener.Close()
}
