package server

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose word on a client's address is taken. None by
// default: what a stranger writes into a header must not choose his throttle.
type Proxies []netip.Prefix

// ClientIP is the peer's address or, if the peer is a trusted proxy, the
// right-most address of X-Forwarded-For that is not one. A header that cannot be
// read counts for nothing. The result is invalid only if the peer's is, and never
// has a zone: no network contains an address with one, and one that is written into
// a header may be any text.
func (p Proxies) ClientIP(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap().WithZone("")
	if !p.trust(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		addr = hop.Unmap().WithZone("")
		if !p.trust(addr) {
			return addr
		}
	}
	return addr
}

func (p Proxies) trust(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}
