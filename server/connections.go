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
// a new one takes the place of the one that has been idle longest: whoever holds
// thousands open cannot keep others out. One is idle until a whole request has come
// on it, for to send one slowly is to hold a connection open like any other. If all
// are at work, the new one waits, and those behind it in the system's queue.
//
// A network that holds more than its share of the limit makes room for its own: else one
// that opens connections all the time would cut everybody off before he has asked.
type connections struct {
	net.Listener
	limit int
	log   *slog.Logger

	mu     sync.Mutex
	change *sync.Cond
	// open holds every connection; those that are idle have a place in idle, the
	// longest first, and one in the list of their network.
	open     map[net.Conn]*connection
	idle     *list.List // of *connection
	networks map[netip.Prefix]*neighbours
	streams  streams
	closed   bool
	// complained is when the log was last told that places are short.
	complained time.Time
}

// neighbours are the open connections of a network: how many, and those that are idle.
type neighbours struct {
	open int
	idle *list.List // of *connection
}

// A connection is at work, for so many requests, or has its places among the idle ones.
type connection struct {
	net.Conn
	network netip.Prefix
	works   int
	streams int           // that are under way on HTTP/2
	place   *list.Element // in connections.idle
	near    *list.Element // in neighbours.idle
	// answering is since when the work is done and the answer perhaps not sent yet; zero
	// otherwise.
	answering time.Time
}

// limited returns l if there is no limit. srv must serve what it returns, and nothing else.
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

// working tells the connection of a request that work on it has begun, and returns
// what tells of the end.
func working(ctx context.Context) (done func()) {
	by, bounded := ctx.Value(cameByKey{}).(cameBy)
	if !bounded {
		return func() {}
	}
	by.all.works(by.conn, 1)
	return func() { by.all.works(by.conn, -1) }
}

// Accept implements net.Listener. Where the system has no file left, the one that is
// idle longest makes room; package http waits a moment and comes again.
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
		_ = conn.Close() // nobody will serve it
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

// rests puts a connection behind those that are idle longer.
func (c *connections) rests(known *connection) {
	known.place = c.idle.PushBack(known)
	known.near = c.networks[known.network].idle.PushBack(known)
}

// wakes takes a connection out of those that are idle, if it is one.
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
	case known == nil: // it had to go
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
	case known.works > 0:
		c.wakes(known)
	case known.works == 0 && known.place == nil:
		c.rests(known)
		known.answering = time.Now() //nolint:forbidigo // for how long, not when
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
