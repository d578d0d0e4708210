package server

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// warnAgainAfter is how long a peer is not warned about again.
	warnAgainAfter = time.Hour
	// maxWarned is how many peers are warned about in that time. Anybody can send the
	// header, and must not fill the log with it.
	maxWarned = 16
)

// ignoredProxies chooses the peers to warn about whose X-Forwarded-For is ignored. Such a
// peer is often the operator's own proxy, behind which all people then share an address.
// The zero value is ready to use.
type ignoredProxies struct {
	mu     sync.Mutex
	since  time.Time
	warned map[netip.Addr]bool
}

// first reports whether to warn about the peer now.
func (p *ignoredProxies) first(peer netip.Addr, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.since) >= warnAgainAfter {
		p.since, p.warned = now, map[netip.Addr]bool{}
	}
	if p.warned[peer] || len(p.warned) >= maxWarned {
		return false
	}
	p.warned[peer] = true
	return true
}
