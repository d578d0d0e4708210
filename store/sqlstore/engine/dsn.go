package engine

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
)

// A Place is a parsed DSN.
type Place struct {
	File string // for SQLite; the other fields are for MySQL

	user, password, network, address, database string
	tls                                        *tls.Config
	tlsMode                                    string // the driver's word: "preferred" or empty
}

// ParseDSN parses a DSN. Its errors never show the DSN or a part of it: a password that
// was not escaped can be in any part.
func ParseDSN(dsn string) (Place, error) {
	scheme, rest, found := strings.Cut(dsn, ":")
	switch {
	case !found:
		return Place{}, errors.New(`the database is "sqlite:path" or "mysql://user:password@host:3306/database"`)
	case scheme == "sqlite" && rest != "" && !strings.HasPrefix(rest, ":memory:"):
		return Place{File: rest}, nil
	case scheme == "sqlite":
		return Place{}, errors.New("sqlite: needs the path of a file")
	case scheme == "mysql" || scheme == "mariadb":
		return parseMySQL(dsn)
	}
	return Place{}, fmt.Errorf("a database is sqlite: or mysql:, not %q", scheme)
}

func parseMySQL(dsn string) (Place, error) {
	u, err := url.Parse(dsn)
	if err != nil { // err itself shows the text that could not be parsed
		return Place{}, errors.New("the database URL cannot be parsed; special characters of a password are written as %XX")
	}
	p := Place{user: u.User.Username(), database: strings.Trim(u.Path, "/"), network: "tcp"}
	p.password, _ = u.User.Password()
	if p.user == "" || p.database == "" {
		return Place{}, errors.New("the database URL needs a user and a database: mysql://user:password@host:3306/database")
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	p.address = net.JoinHostPort(u.Hostname(), port)
	for name, values := range u.Query() {
		if err := p.set(name, values[0], u.Hostname()); err != nil {
			return Place{}, fmt.Errorf("the database URL: %w", err)
		}
	}
	return p, nil
}

// set applies one parameter of the URL. The driver's own parameters are refused: this
// package's promises depend on some of them (clientFoundRows, collation).
func (p *Place) set(name, value, host string) error {
	switch name {
	case "socket":
		p.network, p.address = "unix", value
		return nil
	case "tls":
		return p.setTLS(value, host)
	case "tls-ca":
		return p.setRoots(value, host)
	}
	return errors.New("unknown parameter; the parameters are socket, tls and tls-ca")
}

func (p *Place) setTLS(mode, host string) error {
	switch mode {
	case "false":
	case "preferred":
		p.tlsMode = mode
	case "true":
		p.config(host)
	case "skip-verify":
		p.config(host).InsecureSkipVerify = true // the operator's explicit choice
	default:
		return errors.New("tls must be true, false, preferred or skip-verify")
	}
	return nil
}

func (p *Place) setRoots(file, host string) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return errors.New("the file of tls-ca is not a regular file")
	}
	pem, err := os.ReadFile(file) //nolint:gosec // G304: the operator names the file
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrong.Err // without the path
	}
	if err != nil {
		return fmt.Errorf("reading the file of tls-ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return errors.New("the file of tls-ca contains no certificate")
	}
	p.config(host).RootCAs = roots
	return nil
}

func (p *Place) config(host string) *tls.Config {
	if p.tls == nil {
		p.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return p.tls
}
