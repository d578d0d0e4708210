package server

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks that are trusted to state a client's address. There are none
// by default: a stranger must not choose a throttle by writing a header.
type Proxies []netip.Prefix

// ClientIP returns the peer's address or, if the peer is a trusted proxy, the
// right-most address of X-Forwarded-For that is not a trusted proxy. A malformed part
// of the header ends the search. The result is invalid only if the peer's address is.
// It never has a zone: no network contains an address with a zone, and a zone in a
// header may be any text.
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
