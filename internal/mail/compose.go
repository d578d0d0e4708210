package mail

import (
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"gatehouse/store"
)

// A Composer writes messages.
type Composer struct {
	Templates *Templates
	From      *mail.Address
	Frame     Frame
}

// compose writes the message of m. It is the same at each try, but for the boundary between
// its parts, and has one Message-ID, by which a mailbox can tell that it got one twice.
func (c Composer) compose(m store.Mail, what content) (*gomail.Msg, error) {
	language := c.Templates.language(what.Language)
	written, err := c.Templates.write(m.Purpose, language, c.Frame, m.CreatedAt, what.Until, what.Data)
	if err != nil {
		return nil, fmt.Errorf("writing a mail: %w", err)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(c.From)
	msg.ToMailAddress(&mail.Address{Address: inASCII(what.To)})
	msg.Subject(written.subject)
	msg.SetDateWithValue(m.CreatedAt.UTC())
	msg.SetMessageIDWithValue(what.ID + "@" + domainOf(inASCII(c.From.Address)))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	msg.SetGenHeader(gomail.HeaderContentLang, language)
	msg.SetBodyString(gomail.TypeTextPlain, written.plain)
	msg.AddAlternativeString(gomail.TypeTextHTML, written.html)
	return msg, nil
}

// inASCII returns the address with its domain as DNS writes it, which every mail server
// takes.
func inASCII(address string) string {
	domain := domainOf(address)
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return address
	}
	return strings.TrimSuffix(address, domain) + ascii
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
