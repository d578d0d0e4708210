package sqlstore_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// A cutter stands between a store and its server. It ends a connection when a command
// contains a certain word, as a firewall does that has forgotten the connection.
type cutter struct {
	word   atomic.Pointer[string]
	cuts   atomic.Int32
	target string
}

// startCutter returns the DSN that leads through it.
func startCutter(t *testing.T, dsn string) (*cutter, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("parsing the URL: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	c := &cutter{target: u.Host}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { c.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	u.Host = l.Addr().String()
	return c, u.String()
}

// cut makes the next command with that word end its connection.
func (c *cutter) cut(word string) { c.word.Store(&word) }

func (c *cutter) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		word := c.word.Load()
		if word != nil && bytes.Contains(buffer[:n], []byte(*word)) && c.word.CompareAndSwap(word, nil) {
			c.cuts.Add(1)
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestAConnectionDiesUnderAPreparedStatement: as TestAConnectionDiesUnnoticed, once the
// connection has prepared what it runs. One that dies while it prepares has changed nothing,
// so a change is made on another connection.
func TestAConnectionDiesUnderAPreparedStatement(t *testing.T) {
	c, dsn := startCutter(t, testdb.MySQL(t))
	db := brisk(t, dsn)
	for _, call := range []struct {
		name  string
		times int // that the connection runs it before
		want  error
		run   func() error
	}{
		{"a read", 3, nil, func() error { _, err := db.SigningKeys(t.Context()); return err }},
		{"a read that is prepared", 0, nil, func() error { _, err := db.SigningKeys(t.Context()); return err }},
		{"a change", 3, store.ErrUnavailable, func() error { return db.UseSession(t.Context(), "S", time.Now()) }},
		{"a change that is prepared", 1, nil, func() error { return db.UseSession(t.Context(), "S", time.Now()) }},
	} {
		for range call.times {
			if err := call.run(); err != nil {
				t.Fatalf("%s, before: %v", call.name, err)
			}
		}
		cuts := c.cuts.Load()
		c.cut("")
		if err := call.run(); !errors.Is(err, call.want) {
			t.Errorf("%s: %v, want %v", call.name, err, call.want)
		}
		if n := c.cuts.Load(); n != cuts+1 {
			t.Errorf("%s: %d connections were cut, want 1", call.name, n-cuts)
		}
	}
}

// TestAConnectionDiesUnnoticed: a read is repeated on another connection. A write
// returns ErrUnavailable, since nobody knows whether it was made.
func TestAConnectionDiesUnnoticed(t *testing.T) {
	c, dsn := startCutter(t, testdb.MySQL(t))
	db := brisk(t, dsn)
	wantAnswers(t, db)

	c.cut("") // the next command, whatever it is
	if _, err := db.SigningKeys(t.Context()); err != nil {
		t.Errorf("reading: %v", err)
	}
	c.cut("")
	if err := db.Audit(t.Context(), store.AuditEvent{Kind: "test", At: time.Now()}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("writing: %v, want ErrUnavailable", err)
	}
	c.cut("audit_log")
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.Audit(store.AuditEvent{Kind: "test", At: time.Now()}) })
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a transaction: %v, want ErrUnavailable", err)
	}
	if n := c.cuts.Load(); n != 3 {
		t.Errorf("%d connections were cut, want 3", n)
	}
	wantAnswers(t, db)
}
