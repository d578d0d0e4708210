// Package mailbox is a mail server for tests: a real one, which keeps what it takes and can
// be made to misbehave.
package mailbox

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"gatehouse/internal/test/testkit"
)

// A Mode is how a Server behaves.
type Mode int

// The modes. A server is Fine at first.
const (
	Fine    Mode = iota
	Hangs        // it never answers MAIL, until the mode changes
	Later        // it refuses recipients for now, with 451 4.3.0
	Never        // it refuses recipients for good, with 550 5.1.1
	Denies       // it relays nothing for us, with 550 5.7.1
	Rejects      // it refuses what messages say, with 554 5.6.0
	Cuts         // it takes a message, and closes the connection before it says so
	Closes       // it greets with 421 and closes
	Breaks       // it closes the connection in the middle of a conversation, without a word
	Silent       // it takes connections, and says nothing
	Offline      // it closes every connection at once
)

// Options change a Server. The zero value takes mail from anybody, in the clear.
type Options struct {
	// Name is in the certificate, by which the server offers STARTTLS; empty: it does not.
	Name string
	// Implicit is TLS from the first byte.
	Implicit bool
	// User and Password are required, if they are set.
	User, Password string
}

// A Server is a mail server on this machine.
type Server struct {
	// URL is the setting GATEHOUSE_SMTP for the server.
	URL string
	// Address is where it listens, and Certificate the file of its certificate.
	Address, Certificate string

	options Options
	mu      sync.Mutex
	changed *sync.Cond
	mode    Mode
	taken   []Mail
	read    map[string]int // how many of each address Next has returned
	tries   int
	held    []net.Conn
}

// Open starts a server, which stops with the test.
func Open(t testing.TB) *Server { return OpenWith(t, Options{}) }

// OpenWith is Open with options.
func OpenWith(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, read: map[string]int{}}
	s.changed = sync.NewCond(&s.mu)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening for mail: %v", err)
	}
	s.Address = listener.Addr().String()
	s.URL = "smtp://" + s.Address
	server := smtp.NewServer(s)
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "mailbox.test", true, silent{}
	if o.Name != "" {
		var key string
		s.Certificate, key = testkit.Certificate(t, o.Name)
		pair, err := tls.LoadX509KeyPair(s.Certificate, key)
		if err != nil {
			t.Fatalf("loading the certificate: %v", err)
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	listener = gate{listener, s}
	if o.Implicit {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	t.Cleanup(func() {
		s.Set(Fine) // nothing hangs any more
		_ = server.Close()
		<-ended
	})
	return s
}

// Set changes how the server behaves.
func (s *Server) Set(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
	for _, conn := range s.held {
		_ = conn.Close()
	}
	s.held = nil
	s.changed.Broadcast()
}

// Tries returns how many messages were begun.
func (s *Server) Tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// All returns every message that was taken.
func (s *Server) All() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// patience is how long Next waits.
const patience = 20 * time.Second

// Next returns the next message to an address that it has not returned yet, and waits for
// it.
func (s *Server) Next(t testing.TB, to string) Mail {
	t.Helper()
	timer := time.AfterFunc(patience, s.changed.Broadcast)
	defer timer.Stop()
	until := time.Now().Add(patience)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		seen := 0
		for _, m := range s.taken {
			if !strings.EqualFold(m.To, to) {
				continue
			}
			if seen++; seen > s.read[to] {
				s.read[to] = seen
				return m
			}
		}
		if !time.Now().Before(until) {
			t.Fatalf("no mail to %s within %s, want one; %d were taken in all", to, patience, len(s.taken))
		}
		s.changed.Wait()
	}
}

// NewSession implements smtp.Backend.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	if s.now() == Closes {
		return nil, &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "closing"}
	}
	return &session{server: s, conn: c}, nil
}

func (s *Server) now() Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// begin counts a message, and waits while the server hangs.
func (s *Server) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	s.changed.Broadcast()
	for s.mode == Hangs {
		s.changed.Wait()
	}
}

// WaitForTries waits until that many messages were begun.
func (s *Server) WaitForTries(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.tries < n {
		s.changed.Wait()
	}
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, m)
	s.changed.Broadcast()
}

// A session is one conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	signed bool
	from   string
	to     string
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

// AuthMechanisms implements smtp.AuthSession.
func (c *session) AuthMechanisms() []string {
	if c.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != c.server.options.User || password != c.server.options.Password {
			return smtp.ErrAuthFailed
		}
		c.signed = true
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.server.begin()
	if c.server.options.User != "" && !c.signed {
		return smtp.ErrAuthRequired
	}
	c.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch c.server.now() {
	case Breaks:
		_ = c.conn.Conn().Close()
		return errors.New("broken")
	case Later:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later, " + to}
	case Never:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox: " + to}
	case Denies:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relaying denied"}
	}
	c.to = to
	return nil
}

// Data implements smtp.Session.
func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if c.server.now() == Rejects {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not wanted"}
	}
	m, err := parse(raw)
	if err != nil {
		return err
	}
	m.From, m.To = c.from, c.to
	_, m.TLS = c.conn.TLSConnectionState()
	c.server.keep(m)
	if c.server.now() == Cuts {
		_ = c.conn.Conn().Close()
		return errors.New("cut")
	}
	return nil
}

// A gate refuses connections while the server is offline.
type gate struct {
	net.Listener
	server *Server
}

func (g gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		switch g.server.now() {
		case Offline:
			_ = conn.Close()
		case Silent:
			g.server.hold(conn)
		default:
			return conn, nil
		}
	}
}

// hold keeps a connection open until the mode changes.
func (s *Server) hold(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, conn)
}

// silent discards what the library logs.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
