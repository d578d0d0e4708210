package outbound

import (
	"net"
	"net/netip"
	"testing"
)

// An address that is allowed is not an internal one, however it is written.
func FuzzPublicOnly(f *testing.F) {
	for _, s := range []string{"8.8.8.8:443", "127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "[::ffff:8.8.8.8]:1", "[fe80::1%eth0]:1", "[64:ff9b::7f00:1]:1", "0.0.0.0:1", "169.254.169.254:80", "[fd00::1]:1", "[2002:7f00:1::]:1", "[ff02::1]:1", "10.1.2.3:1", "[2606:4700::1]:443"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if only(public)("tcp", address, nil) != nil {
			return
		}
		host := netip.MustParseAddrPort(address).Addr()
		ip := net.IP(host.AsSlice())
		if v4 := ip.To4(); v4 != nil {
			ip = v4
		}
		if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || !ip.IsGlobalUnicast() {
			t.Errorf("%s may be asked, want public addresses alone", address)
		}
	})
}
