package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		{"with a port, as Azure writes it", "10.0.0.1:1", "203.0.113.9:51234", "203.0.113.9", trusted},
		{"proxies with ports as well", "10.0.0.1:1", "203.0.113.9:51234, 10.0.0.2:443", "203.0.113.9", trusted},
		{"IPv6 with a port", "10.0.0.1:1", "[2001:db8::5]:51234", "2001:db8::5", trusted},
		{"IPv6 in brackets", "10.0.0.1:1", "[2001:db8::5]", "2001:db8::5", trusted},
		{"IPv4 in IPv6 with a port", "10.0.0.1:1", "[::ffff:203.0.113.9]:51234", "203.0.113.9", trusted},
		{"a zone with a port", "10.0.0.1:1", "2001:db8::5, [fe80::1%any text]:1", "2001:db8::5", trusted},
		{"a port that is not a number", "10.0.0.1:1", "203.0.113.9:http", "10.0.0.1", trusted},
		{"a port that is too large", "10.0.0.1:1", "203.0.113.9:65536", "10.0.0.1", trusted},
		{"a port that is missing", "10.0.0.1:1", "203.0.113.9:", "10.0.0.1", trusted},
		{"IPv4 in brackets", "10.0.0.1:1", "[203.0.113.9]", "10.0.0.1", trusted},
		{"half of the brackets", "10.0.0.1:1", "[2001:db8::5", "10.0.0.1", trusted},
		{"a host name", "10.0.0.1:1", "unknown", "10.0.0.1", trusted},
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

func TestAnIgnoredProxyIsWarnedAboutOnce(t *testing.T) {
	door := watch(func(http.ResponseWriter, *http.Request) {}, func(o *Options) {
		o.Proxies = Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	})
	for range 3 {
		for _, c := range []struct{ peer, forwarded string }{
			{"10.0.0.1:1", "203.0.113.9"}, {"192.0.2.1:1", "203.0.113.9"}, {"192.0.2.2:2", ""}, {"[2001:db8::5]:1", "203.0.113.9"},
		} {
			r := httptest.NewRequest("GET", "http://x/api/thing", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			door.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	var warned []any
	for _, line := range door.lines(t) {
		if line["level"] == "WARN" {
			warned = append(warned, line["peer"])
		}
	}
	if diff := cmp.Diff([]any{"192.0.2.1", "2001:db8::5"}, warned); diff != "" {
		t.Errorf("the peers that were warned about differ (-want +got):\n%s", diff)
	}
}

func TestTheWarningsAboutIgnoredProxiesAreBounded(t *testing.T) {
	var ignored ignoredProxies
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	count := func() (n int) {
		for i := range 100 {
			if ignored.first(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), now) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, maxWarned}, {0, 0}, {warnAgainAfter - 1, 0}, {1, maxWarned}} {
		now = now.Add(c.after)
		if got := count(); got != c.want {
			t.Errorf("at %s: %d of 100 peers were warned about, want %d", now.Format(time.TimeOnly), got, c.want)
		}
	}
}
