package server

import (
	"container/list"
	"net"
	"net/netip"
	"time"

	"gatehouse/internal/reqctx"
)

// networkOf returns the network of the peer, as the throttles count it. Behind a load
// balancer it is the balancer's network.
func networkOf(conn net.Conn) netip.Prefix {
	peer, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return (&reqctx.Info{IP: peer.Addr()}).Network()
}

// evict closes an idle connection, to make room for one of the given network, and
// reports whether it found one.
func (c *connections) evict(network netip.Prefix, why string) bool {
	const complainEvery = time.Minute
	if now := time.Now(); now.Sub(c.complained) > complainEvery { //nolint:forbidigo // measures a duration
		c.complained = now
		c.log.Warn(why, "open", len(c.open), "idle", c.idle.Len())
	}
	goes := c.expendable(network)
	if goes == nil {
		return false
	}
	c.forget(goes.Conn)
	go func() { _ = goes.Close() }() // TLS sends close_notify first, which may take a while
	return true
}

// answerTime is how long an answer may be in transit before its connection counts as
// idle like any other. A caller that reads it slowly, or not at all, delays others for
// no longer than that.
const answerTime = time.Second

// expendable returns the connection that has been idle longest; if the network already
// has its share, it prefers one of that network. It returns nil if none is idle.
func (c *connections) expendable(network netip.Prefix) *connection {
	if near := c.networks[network]; near != nil && near.open*len(c.networks) >= c.limit {
		if own := longestIdle(near.idle); own != nil {
			return own
		}
	}
	return longestIdle(c.idle)
}

// longestIdle skips connections whose answer is in transit, because closing them would
// lose the work done for the caller. They became idle within the last second, so they
// are few, and at the end of the list.
func longestIdle(among *list.List) *connection {
	latest := time.Now().Add(-answerTime) //nolint:forbidigo // measures a duration
	for at := among.Front(); at != nil; at = at.Next() {
		if known := at.Value.(*connection); !known.answering.After(latest) {
			return known
		}
	}
	return nil
}

// wait waits for a change, or until the answers now in transit stop counting as such.
func (c *connections) wait() {
	defer time.AfterFunc(answerTime, c.change.Broadcast).Stop()
	c.change.Wait()
}
