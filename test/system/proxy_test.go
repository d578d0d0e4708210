package system_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A lossy proxy stands between a server and its back-end, and loses answers.
type lossy struct {
	addr   string
	target string
	// Of the commands that contain word, one in every `every` loses its answer, but a
	// repeat of it is answered. The connection is then cut, as in a failover.
	word  string
	every int64

	known      sync.Map // commands that were seen
	seen, lost atomic.Int64
	listener   net.Listener
	wg         sync.WaitGroup
}

func startLossy(t *testing.T, target, word string, every int64) *lossy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	p := &lossy{addr: l.Addr().String(), target: target, word: word, every: every, listener: l}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.wg.Wait() // the server has closed its connections by then
	})
	return p
}

func (p *lossy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.carry(c) })
	}
}

// carry passes on the bytes of both sides, until one of them ends.
func (p *lossy) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	var losing atomic.Bool // the next answer
	p.wg.Go(func() {
		defer server.Close()
		p.forward(server, client, func(command []byte) bool {
			losing.Store(p.loses(command))
			return true
		})
	})
	p.forward(client, server, func([]byte) bool {
		if losing.Load() {
			p.lost.Add(1)
			return false
		}
		return true
	})
}

func (p *lossy) loses(command []byte) bool {
	if !bytes.Contains(bytes.ToLower(command), []byte(p.word)) {
		return false
	}
	_, repeated := p.known.LoadOrStore(string(command), true)
	return !repeated && p.seen.Add(1)%p.every == 0
}

func (p *lossy) forward(to io.Writer, from io.Reader, pass func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !pass(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
