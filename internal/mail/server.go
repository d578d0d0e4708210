package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"gatehouse/internal/loopback"
)

// A Server is the mail server that takes our messages.
type Server struct {
	Host string
	Port int
	// User and Password are for SMTP AUTH (RFC 4954); empty: none.
	User, Password string
	// Implicit is TLS from the first byte (RFC 8314 §3), and Optional sends in the clear
	// where the server offers no STARTTLS. Without either, STARTTLS is required.
	Implicit, Optional bool
	// Hello is our name in EHLO; empty: that of this machine.
	Hello string
	// Patience is how long the server may take for one message (DefaultPatience).
	Patience time.Duration
	// Dial, if set, connects in place of net.Dialer, and TLS is the configuration of TLS
	// before the server's name is set.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	TLS  *tls.Config
}

// The default ports, of RFC 6409 §3.1 and RFC 8314 §7.3.
const (
	submission  = 587
	submissions = 465
)

// ParseServer reads the URL of a mail server, as package config has checked it.
func ParseServer(raw string) (Server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return Server{}, fmt.Errorf("the URL of the mail server cannot be read") // err has the password
	}
	s := Server{Host: u.Hostname(), Port: submission, User: u.User.Username(), Implicit: u.Scheme == "smtps"}
	s.Password, _ = u.User.Password()
	if s.Implicit {
		s.Port = submissions
	}
	if port := u.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil {
			return Server{}, fmt.Errorf("the port of the mail server cannot be read")
		}
	}
	s.Optional = u.Query().Get("tls") == "optional" || loopback.Host(s.Host)
	return s, nil
}

// Address is where the server is, as host:port.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// DefaultPatience is less than the 5 minutes that RFC 5321 §4.5.3.2 advises: a server that
// takes so long is tried again later.
const DefaultPatience = 15 * time.Second

func (s Server) patience() time.Duration { return cmp.Or(s.Patience, DefaultPatience) }

// connect dials, encrypts and authenticates. The connection is closed when ctx ends.
func (s Server) connect(ctx context.Context) (*connection, error) {
	c := &connection{}
	client, err := gomail.NewClient(s.Host, s.options(ctx, c)...)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the mail server: %w", err)
	}
	c.client = client
	if c.smtp, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		c.drop()
		return nil, fmt.Errorf("connecting to the mail server: %w", err)
	}
	return c, nil
}

func (s Server) options(ctx context.Context, c *connection) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(s.patience()), gomail.WithTLSConfig(s.tls()), gomail.WithDialContextFunc(s.dial(ctx, c)),
		gomail.WithTLSPolicy(gomail.TLSMandatory),
	}
	switch {
	case s.Implicit:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS)) // dial has encrypted already
	case s.Optional:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.Hello != "" {
		options = append(options, gomail.WithHELO(s.Hello))
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password), gomail.WithOpportunisticSMTPAuth(s.mechanisms()...))
	}
	return options
}

// mechanisms are the ways to authenticate, the best first. Those that reveal the password to
// the server need TLS, unless the operator allowed a connection without.
func (s Server) mechanisms() []gomail.SMTPAuthType {
	if s.Optional {
		return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
}

// tls returns the configuration of TLS. Where a connection may be in the clear, whoever is
// in between could have it so, and a check of the certificate would protect nothing.
func (s Server) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName = s.Host
	config.InsecureSkipVerify = s.Optional && !s.Implicit
	return config
}

func (s Server) dial(life context.Context, c *connection) gomail.DialContextFunc {
	plain := s.Dial
	if plain == nil {
		plain = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := plain(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c.conn, c.stop = conn, context.AfterFunc(life, func() { _ = conn.Close() })
		if !s.Implicit {
			return conn, nil
		}
		encrypted := tls.Client(conn, s.tls())
		return encrypted, encrypted.HandshakeContext(ctx)
	}
}

// A connection to the mail server, ready for messages.
type connection struct {
	client *gomail.Client
	smtp   *smtp.Client
	conn   net.Conn
	stop   func() bool
	// broken says that no further message can be sent.
	broken bool
}

// close says goodbye.
func (c *connection) close() {
	if !c.broken {
		_ = c.client.CloseWithSMTPClient(c.smtp) // the messages are delivered
	}
	c.drop()
}

// drop ends the connection where it is.
func (c *connection) drop() {
	if c.conn != nil {
		c.stop()
		_ = c.conn.Close() // it is of no use any more
	}
}
