package redisstore_test

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A proxy is between a store and its server, and can lose an answer.
type proxy struct {
	addr string
	// losing is the text of a command whose answer is to be lost, once: the proxy cuts
	// the connection instead.
	losing atomic.Pointer[string]
	lost   atomic.Int32

	target   string
	listener net.Listener
	wg       sync.WaitGroup
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	p := &proxy{addr: l.Addr().String(), target: target, listener: l}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.wg.Wait()
	})
	return p
}

// lose loses the answer to the next command that contains the word.
func (p *proxy) lose(word string) { p.losing.Store(&word) }

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.carry(c) })
	}
}

// carry passes on commands, of which a long one may come in parts, and one answer at a
// time, which fits into one read.
func (p *proxy) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	var hit atomic.Bool
	p.wg.Go(func() { p.ask(client, server, &hit) })
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if hit.Load() {
			p.lost.Add(1)
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// ask passes on commands, and sets hit before the one whose answer is to be lost.
func (p *proxy) ask(client, server net.Conn, hit *atomic.Bool) {
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		word := p.losing.Load()
		if word != nil && bytes.Contains(bytes.ToLower(buffer[:n]), []byte(*word)) && p.losing.CompareAndSwap(word, nil) {
			hit.Store(true)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}
