package throttle

import (
	"sync"
	"time"

	"gatehouse/store"
)

// maxNetworks bounds the networks remembered at once. Each of them has used up the free
// tries of the network rule.
const maxNetworks = 10_000

// A networks remembers, in this process, which networks have used up the free tries of
// the network rule. It admits one try at a time from such a network, and one per delay.
// Otherwise a burst would get in before its failures reach the shared count, which is
// charged only after a failure. The zero value is ready.
type networks struct {
	mu  sync.Mutex
	hot map[string]hotNetwork
}

// A hotNetwork may try again at next, and is forgotten at forget.
type hotNetwork struct{ next, forget time.Time }

// admit returns how long the network has to wait. If it need not wait, admit gives it a
// turn, which is zero for a network that does not need one.
func (n *networks) admit(network string, now time.Time, r store.Rule) (turn time.Time, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h, hot := n.hot[network]
	switch {
	case !hot:
		return time.Time{}, 0
	case !h.forget.After(now):
		delete(n.hot, network)
		return time.Time{}, 0
	case h.next.After(now):
		return time.Time{}, h.next.Sub(now)
	}
	h.next = now.Add(r.Delay)
	n.hot[network] = h
	return h.next, 0
}

// giveBack gives back a turn that was not used for a failure.
func (n *networks) giveBack(network string, turn time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h, hot := n.hot[network]; hot && h.next.Equal(turn) {
		h.next = time.Time{}
		n.hot[network] = h
	}
}

// block remembers a network that failed too often.
func (n *networks) block(network string, now time.Time, wait time.Duration, r store.Rule) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, hot := n.hot[network]; !hot && len(n.hot) >= maxNetworks {
		n.makeRoom(now)
	}
	if n.hot == nil {
		n.hot = make(map[string]hotNetwork)
	}
	n.hot[network] = hotNetwork{next: now.Add(wait), forget: now.Add(r.Forget)}
}

// makeRoom drops the networks whose time is over or, if there are none, the one that is
// forgotten next.
func (n *networks) makeRoom(now time.Time) {
	var oldest string
	for network, h := range n.hot {
		if !h.forget.After(now) {
			delete(n.hot, network)
		} else if oldest == "" || h.forget.Before(n.hot[oldest].forget) {
			oldest = network
		}
	}
	if len(n.hot) >= maxNetworks {
		delete(n.hot, oldest)
	}
}
