package server

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestClientIP(t *testing.T) {
	trusted := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fe80::1/128")}
	many := strings.TrimSuffix(strings.Repeat("10.1.1.1, ", 1000), ", ")
	for _, c := range []struct {
		name, peer, forwarded, want string
		proxies                     Proxies
	}{
		{"no proxies: the header counts for nothing", "203.0.113.9:1234", "198.51.100.1", "203.0.113.9", nil},
		{"peer not trusted", "203.0.113.9:1234", "198.51.100.1", "203.0.113.9", trusted},
		{"right-most that is not a proxy", "10.0.0.1:1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1", trusted},
		{"forged left part", "10.0.0.1:1", "127.0.0.1, 198.51.100.1", "198.51.100.1", trusted},
		{"malformed", "10.0.0.1:1", "a", "10.0.0.1", trusted},
		{"malformed at the left is never read", "10.0.0.1:1", "a, 198.51.100.1", "198.51.100.1", trusted},
		{"no header", "10.0.0.1:1", "", "10.0.0.1", trusted},
		{"only proxies", "10.0.0.1:1", many, "10.1.1.1", trusted},
		{"IPv6", "[::1]:1", "2001:db8::5", "2001:db8::5", trusted},
		{"a neighbour on the link", "[fe80::1%eth0]:1", "2001:db8::5", "2001:db8::5", trusted},
		{"another neighbour", "[fe80::2%eth0]:1", "2001:db8::5", "fe80::2", trusted},
		{"a neighbour in the header", "10.0.0.1:1", "2001:db8::5, fe80::1%any text", "2001:db8::5", trusted},
		{"IPv4 in IPv6 is the IPv4 address", "[::ffff:203.0.113.9]:1", "", "203.0.113.9", trusted},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if got := c.proxies.ClientIP(r).String(); got != c.want {
				t.Errorf("ClientIP = %s, want %s", got, c.want)
			}
		})
	}
}
