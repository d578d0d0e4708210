package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"gatehouse/internal/finding"
	"gatehouse/internal/loopback"
)

const check = "mail server"

// Examine reports whether the server would take our mail, as far as it says so before a
// message: it connects, encrypts, authenticates, and sends nothing.
func Examine(ctx context.Context, s Server) (found finding.List) {
	conn, err := s.connect(ctx)
	if err != nil {
		found.Fault(check, s.remedy(err), "%s: %s", s.Address(), cause(err))
		return found
	}
	defer conn.close()
	if err := conn.smtp.Noop(); err != nil {
		found.Fault(check, "see its log", "%s: it accepts the connection, but then: %s", s.Address(), cause(err))
		return found
	}
	_, encrypted := conn.smtp.TLSConnectionState()
	switch {
	case encrypted, loopback.Host(s.Host):
		found.OK(check, "%s answers%s", s.Address(), s.authenticated())
	default:
		found.Warn(check, "use a server that offers STARTTLS, and remove ?tls=optional from GATEHOUSE_SMTP",
			"%s answers%s, but messages, links in them and the password cross the network in the clear", s.Address(), s.authenticated())
	}
	return found
}

func (s Server) authenticated() string {
	if s.User == "" {
		return ""
	}
	return " and accepts user and password"
}

// remedy says what to do about a connection that failed.
func (s Server) remedy(err error) string {
	var dns *net.DNSError
	var refused *net.OpError
	var certificate *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	text := err.Error()
	switch {
	case errors.As(err, &certificate), errors.As(err, new(x509.HostnameError)):
		return "name the server in GATEHOUSE_SMTP as its certificate does; for a certificate of your own authority, set SSL_CERT_FILE"
	case errors.As(err, &plain):
		return "use smtp:// (STARTTLS, mostly port 587): this port does not begin with TLS, as smtps:// needs (mostly port 465)"
	case errors.As(err, &dns):
		return "check the host in GATEHOUSE_SMTP"
	case strings.Contains(text, "does not support STARTTLS"):
		return "use the port that offers STARTTLS (mostly 587) or smtps:// (mostly 465); only on a network that nobody else reads: ?tls=optional"
	case strings.Contains(text, "SMTP AUTH failed"):
		return "check user and password in GATEHOUSE_SMTP; special characters are written as %XX"
	case strings.Contains(text, "AUTH"):
		return "the server takes no password here: use its submission port (587 or 465), or leave out user and password"
	case errors.As(err, &refused) && refused.Op == "dial":
		return "check host and port in GATEHOUSE_SMTP, and that no firewall is in between; many networks close port 25"
	}
	return "check host and port in GATEHOUSE_SMTP, that smtps:// is used for the port that begins with TLS (465) and smtp:// for others, and the log of the mail server"
}

// cause is the innermost error that still says what failed.
func cause(err error) string {
	text := err.Error()
	return strings.TrimPrefix(text, "connecting to the mail server: ")
}
