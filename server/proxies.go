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
	addr := peerOf(r)
	if !addr.IsValid() || !p.trust(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		addr = plain(hop)
		if !p.trust(addr) {
			return addr
		}
	}
	return addr
}

// peerOf returns the address of the other end of the connection; it is invalid if there
// is none.
func peerOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plain(peer.Addr())
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// parseHop parses an address as proxies write it: Azure's add the port, and others put
// IPv6 addresses in brackets, as in the Forwarded header (RFC 7239 §6).
func parseHop(text string) (netip.Addr, error) {
	if inside, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inside, "]") {
		text += ":0"
	}
	if hop, err := netip.ParseAddrPort(text); err == nil {
		return hop.Addr(), nil
	}
	return netip.ParseAddr(text)
}

// Ignored returns the peer whose X-Forwarded-For is ignored, if the request has one.
func (p Proxies) Ignored(r *http.Request) (peer netip.Addr, ignored bool) {
	if len(r.Header.Values("X-Forwarded-For")) == 0 {
		return netip.Addr{}, false
	}
	peer = peerOf(r)
	return peer, peer.IsValid() && !p.trust(peer)
}

func (p Proxies) trust(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}
