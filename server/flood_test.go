package server

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// dialFrom connects from an address of this machine, which counts as a network of its own.
func dialFrom(t *testing.T, from, addr string) (*line, error) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 3 * time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &line{conn, bufio.NewReader(conn)}, nil
}

// One network keeps opening connections and thereby closes its own, while a slow caller
// of another network is served.
func TestANetworkThatFloodsLosesItsOwnConnections(t *testing.T) {
	testkit.Long(t)
	addr, _, _ := serving(t, func(http.ResponseWriter, *http.Request) {}, ServeOptions{MaxConnections: 50})
	ctx, over := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	for range 2 {
		flood.Go(func() {
			var open []*line
			for ctx.Err() == nil {
				if l, err := dialFrom(t, "127.0.1.1", addr); err == nil {
					open = append(open, l)
				}
				if len(open) > 200 {
					open[0].Close()
					open = open[1:]
				}
			}
			for _, l := range open {
				l.Close()
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	for range 5 {
		quiet, err := dialFrom(t, "127.0.2.1", addr)
		if err != nil {
			t.Fatalf("dialling the server: %v", err)
		}
		time.Sleep(100 * time.Millisecond) // as from far away
		want(t, quiet, "/")
		time.Sleep(100 * time.Millisecond)
		want(t, quiet, "/")
		quiet.Close()
	}
	over()
	flood.Wait()
}
