package server

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// A peer that is not a trusted proxy cannot choose its address, and the address that a
// proxy states is the right-most one that is not another proxy's.
func FuzzClientIP(f *testing.F) {
	trusted := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, s := range [][3]string{
		{"203.0.113.9:1", "198.51.100.1", ""}, {"10.0.0.1:1", "1.2.3.4, 198.51.100.1", "10.0.0.2"}, {"[fd00::1]:1", "2001:db8::5", ""}, {"[::ffff:10.0.0.1]:1", "::ffff:10.2.2.2", ""},
		{"10.0.0.1:1", "2001:db8::5%eth0", ""}, {"10.0.0.1:1", "198.51.100.1:80", ""}, {"10.0.0.1:1", "unknown", "198.51.100.1"}, {"10.0.0.1:1", "10.0.0.3%x", ""}, {"[fe80::1%eth0]:1", "198.51.100.1", ""}, {"[fd00::1%eth0]:1", "fd00::2%x, 198.51.100.1", ""}, {"@", "1.2.3.4", ""}, {"10.0.0.1:1", ",", ","},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, peer, first, second string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		r.Header["X-Forwarded-For"] = []string{first, second}
		got := trusted.ClientIP(r)
		from, err := netip.ParseAddrPort(peer)
		if err != nil {
			if got.IsValid() {
				t.Errorf("ClientIP = %s for a peer without an address, want none", got)
			}
			return
		}
		addr := from.Addr().Unmap().WithZone("")
		switch {
		case !trusted.trust(addr) && got != addr:
			t.Errorf("%s chose to be %s, want its own address as it is no trusted proxy", addr, got)
		case got != addr && !strings.Contains(first+","+second, got.String()) && !got.Is6() && !strings.Contains(first+second, ":"):
			t.Errorf("the address is %s, want one of those in %q and %q", got, first, second)
		case !got.IsValid() || got.Is4In6() || got.Zone() != "":
			t.Errorf("%q, %q and %q give %s, want an unmapped address without a zone", peer, first, second, got)
		}
	})
}
