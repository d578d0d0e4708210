package faults_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A link stands between a replica and one of its back-ends. It can be cut, and it can
// delay and lose answers.
type link struct {
	addr   string
	target string

	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	// delay holds back each piece of an answer, in nanoseconds.
	delay atomic.Int64
	// isCut is set while nothing passes, and new connections are closed at once.
	isCut atomic.Bool
	// loseEvery loses one of that many pieces of answers, and its connection with it;
	// 0 loses none.
	loseEvery atomic.Int64
	pieces    atomic.Int64
	lost      atomic.Int64
}

func startLink(t *testing.T, target string) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	p := &link{addr: l.Addr().String(), target: target, listener: l, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.hangUp()
		p.wg.Wait()
	})
	return p
}

// cut ends all connections, and prevents new ones.
func (p *link) cut() {
	p.isCut.Store(true)
	p.hangUp()
}

// heal ends cut, and every delay and loss.
func (p *link) heal() {
	p.isCut.Store(false)
	p.delay.Store(0)
	p.loseEvery.Store(0)
}

// slow delays every answer by d.
func (p *link) slow(d time.Duration) { p.delay.Store(int64(d)) }

// lose loses one of n answers.
func (p *link) lose(n int64) { p.loseEvery.Store(n) }

func (p *link) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *link) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.carry(c) })
	}
}

// known remembers a connection while it lasts. It returns false if the link is cut.
func (p *link) known(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCut.Load() {
		return false
	}
	p.conns[c] = true
	return true
}

func (p *link) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

// carry passes on the bytes of both sides, until one of them ends.
func (p *link) carry(client net.Conn) {
	defer p.forget(client)
	server, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		return
	}
	defer p.forget(server)
	if !p.known(client) || !p.known(server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		defer server.Close()
		_, _ = io.Copy(server, client) // it ends when either end does
	})
	p.answers(client, server)
	_ = client.Close()
	_ = server.Close()
	both.Wait()
}

// answers passes on the bytes of the back-end.
func (p *link) answers(client, server net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if d := time.Duration(p.delay.Load()); d > 0 {
			time.Sleep(d)
		}
		if every := p.loseEvery.Load(); every > 0 && p.pieces.Add(1)%every == 0 {
			p.lost.Add(1)
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
