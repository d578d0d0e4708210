package server

import (
	"container/list"
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

// answerTime is how long an answer may be on its way before its connection is idle like
// any other. Those who take it slowly, or not at all, hold nobody up for longer.
const answerTime = time.Second

// expendable returns the connection that is idle longest, or the longest of the network
// itself if it has its share already and one of its own is idle; nil if none is.
func (c *connections) expendable(network netip.Prefix) *connection {
	if near := c.networks[network]; near != nil && near.open*len(c.networks) >= c.limit {
		if own := longestIdle(near.idle); own != nil {
			return own
		}
	}
	return longestIdle(c.idle)
}

// longestIdle passes over those whose answer is on its way: what was done would be lost
// on the caller. They began to rest within a second, so they are few, and behind others.
func longestIdle(among *list.List) *connection {
	latest := time.Now().Add(-answerTime) //nolint:forbidigo // for how long, not when
	for at := among.Front(); at != nil; at = at.Next() {
		if known := at.Value.(*connection); !known.answering.After(latest) {
			return known
		}
	}
	return nil
}

// wait waits for a change, or until answers that are on their way no longer count.
func (c *connections) wait() {
	defer time.AfterFunc(answerTime, c.change.Broadcast).Stop()
	c.change.Wait()
}
