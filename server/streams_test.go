package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// dialTLS connects from an address of this machine, for HTTP/2.
func dialTLS(ctx context.Context, from, addr string) (net.Conn, error) {
	d := tls.Dialer{
		NetDialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 3 * time.Second},
		Config:    &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}},
	}
	return d.DialContext(ctx, "tcp", addr)
}

// begin sends the first n requests of a connection, without their bodies.
func begin(t *testing.T, conn net.Conn, n int) {
	t.Helper()
	var head, out bytes.Buffer
	fields := hpack.NewEncoder(&head)
	frames := http2.NewFramer(&out, nil)
	_, _ = out.WriteString(http2.ClientPreface)
	_ = frames.WriteSettings()
	for i := range n {
		head.Reset()
		for _, f := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/work"}} {
			_ = fields.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		_ = frames.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: head.Bytes(), EndHeaders: true})
	}
	if _, err := conn.Write(out.Bytes()); err != nil {
		t.Fatalf("writing to the connection: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }()
}

// eventually waits until n has the value want, and then checks that it keeps it.
func eventually(t *testing.T, n *atomic.Int32, want int32) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); n.Load() < want && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if got := n.Load(); got != want {
		t.Errorf("the counter is %d, want %d", got, want)
	}
}

// One network slowly sends more requests than there is room for, and another is served.
func TestRequestsByHTTP2AreBounded(t *testing.T) {
	const limit = 20
	var shed atomic.Int32
	h := gated(func(http.ResponseWriter, *http.Request) error { return nil }, func() { shed.Add(1) })
	s := newShelf(t, certify(t, 1, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)))
	addr, _, _ := serving(t, h.ServeHTTP, ServeOptions{TLS: s.Config(), MaxConnections: limit, ShutdownTimeout: time.Second})
	const each, room = 50, limit + 2 // the first of each connection always has room
	for range 2 {                    // requests that were turned away or cut off no longer count
		var flood []net.Conn
		before := shed.Load()
		for range 2 {
			conn, err := dialTLS(t.Context(), "127.0.1.1", addr)
			if err != nil {
				t.Fatalf("dialling the server over TLS: %v", err)
			}
			begin(t, conn, each)
			flood = append(flood, conn)
		}
		eventually(t, &shed, before+2*each-room)
		quiet := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return dialTLS(ctx, "127.0.2.1", addr)
		}}
		var all sync.WaitGroup
		for range limit / 2 {
			all.Go(func() {
				answer, err := (&http.Client{Transport: quiet}).Post("https://"+addr+"/work", "", strings.NewReader("x"))
				if err != nil {
					t.Errorf("sending the POST request: %v", err)
					return
				}
				answer.Body.Close()
				if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
					t.Errorf("answer by %s: %s, want 200 by HTTP/2", answer.Proto, answer.Status)
				}
			})
		}
		all.Wait()
		quiet.CloseIdleConnections()
		for _, conn := range flood {
			conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Streams that end are forgotten, also those of a connection that was evicted.
func TestStreamsThatEndAreForgotten(t *testing.T) {
	srv := &http.Server{}
	c := limited(nil, 3, srv, nil).(*connections)
	a, b := net.Pipe()
	defer a.Close()
	for _, conn := range []net.Conn{a, b} {
		if err := c.admit(conn); err != nil {
			t.Fatalf("admitting the connection: %v", err)
		}
	}
	for i := range 5 {
		if room := (cameBy{c, a}).begin(); room != (i < 4) {
			t.Errorf("request %d: room is %v, want %v", i+1, room, i < 4)
		}
	}
	if !(cameBy{c, b}).begin() {
		t.Error("there is no room for the first stream of another connection, want some")
	}
	for range 2 {
		cameBy{c, a}.end()
	}
	c.note(a, http.StateClosed)
	for range 3 {
		cameBy{c, a}.end() // of requests that outlive their connection
	}
	cameBy{c, b}.end()
	if c.streams.all != 0 || len(c.streams.networks) != 0 || c.open[b].streams != 0 || len(c.networks) != 1 {
		t.Errorf("left: streams %+v, connection %+v, networks %v, want no streams and one network", c.streams, c.open[b], c.networks)
	}
}
