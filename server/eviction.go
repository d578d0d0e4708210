package server

import (
	"net"
	"net/netip"
	"time"

	"gatehouse/internal/reqctx"
)

// networkOf is the network of the peer, as the throttles have it. Behind a balancer it
// is the balancer's.
func networkOf(conn net.Conn) netip.Prefix {
	peer, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return (&reqctx.Info{IP: peer.Addr()}).Network()
}

// evict closes an idle connection, if there is one, for another of that network.
func (c *connections) evict(network netip.Prefix, why string) bool {
	const complainEvery = time.Minute
	if now := time.Now(); now.Sub(c.complained) > complainEvery { //nolint:forbidigo // how often, not when
		c.complained = now
		c.log.Warn(why, "open", len(c.open), "idle", c.idle.Len())
	}
	goes := c.expendable(network)
	if goes == nil {
		return false
	}
	c.forget(goes.Conn)
	go func() { _ = goes.Close() }() // TLS says goodbye, which may take a while
	return true
}

// expendable returns the connection that is idle longest, or the longest of the network
// itself if it has its share already; nil if none is idle.
func (c *connections) expendable(network netip.Prefix) *connection {
	longest := c.idle.Front()
	if longest == nil {
		return nil
	}
	for at := longest; at != nil && c.networks[network]*len(c.networks) >= c.limit; at = at.Next() {
		if own := at.Value.(*connection); own.network == network {
			return own
		}
	}
	return longest.Value.(*connection)
}
