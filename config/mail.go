package config

import (
	"maps"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// mailServer checks the URL of the mail server.
func mailServer(c Config) string {
	raw := c.SMTP.Reveal()
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return c.SMTP.String() + " is not a URL; write special characters in user and password as %XX"
	}
	_, password := u.User.Password()
	query, wrong := url.ParseQuery(u.RawQuery)
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "":
		return c.SMTP.String() + " is neither smtp://user:password@host:587 nor smtps://user:password@host:465"
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return c.SMTP.String() + " has more after the host and port than ?tls=optional"
	case u.User != nil && (u.User.Username() == "" || !password):
		return c.SMTP.String() + " needs both a user and a password, or neither"
	case wrong != nil || len(query) > 0 && !slices.Equal(slices.Collect(maps.Keys(query)), []string{"tls"}) || query.Has("tls") && query.Get("tls") != "optional":
		return c.SMTP.String() + " has a parameter other than tls=optional"
	case query.Has("tls") && u.Scheme == "smtps":
		return c.SMTP.String() + " has tls=optional, but smtps:// is TLS from the first byte"
	}
	return samplePassword(u.User)
}

// MailInClear reports whether mail may cross the network without TLS.
func (c Config) MailInClear() bool {
	u, err := url.Parse(c.SMTP.Reveal())
	return err == nil && u.Query().Get("tls") == "optional" && !here(u.Hostname())
}

// signUp checks that the mail to prove an address can be sent.
func signUp(c Config) string {
	if c.SignUp == "verified" && c.SMTP.Reveal() == "" {
		return "is verified, but addresses are proved by mail, and GATEHOUSE_SMTP is not set"
	}
	return ""
}

// mailFrom checks the sender of mail.
func mailFrom(c Config) string {
	smtp := c.SMTP.Reveal() != ""
	switch {
	case c.MailFrom == "" && smtp:
		return "is not set, though GATEHOUSE_SMTP is; name the sender, such as Example <no-reply@example.com>"
	case c.MailFrom == "":
		return ""
	case !smtp:
		return "is set, though GATEHOUSE_SMTP is not"
	}
	from, err := mail.ParseAddress(c.MailFrom)
	if err != nil || strings.ContainsFunc(c.MailFrom, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return strconv.Quote(c.MailFrom) + " is not an address such as no-reply@example.com or Example <no-reply@example.com>"
	}
	if len(from.Name) > maxSenderName {
		return strconv.Quote(c.MailFrom) + " has a name of more than 100 bytes"
	}
	return ""
}

const maxSenderName = 100

func mailTemplates(c Config) string {
	if c.MailTemplates == "" {
		return ""
	}
	if info, err := os.Stat(c.MailTemplates); err != nil || !info.IsDir() {
		return quoted(c.MailTemplates) + " is not a folder that can be read"
	}
	return ""
}
