package mail

import (
	"errors"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// A failure is why a try did not succeed. Reason is for the record: it names neither an
// address nor a link.
type failure struct {
	reason string
	// final says that another try cannot help.
	final bool
	cause error
	hide  string // the address, which the log does not get
}

func (f *failure) Error() string {
	text := f.reason
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	if f.hide != "" {
		text = strings.ReplaceAll(text, f.hide, "the recipient")
	}
	return text
}

func (f *failure) Unwrap() error { return f.cause }

// send hands one message over. A message that the server has taken is sent, whatever
// happens to the connection after that.
func (c *connection) send(m *gomail.Msg, to string) *failure {
	err := c.client.SendWithSMTPClient(c.smtp, m)
	if err == nil {
		return nil
	}
	var said *gomail.SendError
	if !errors.As(err, &said) || said.ErrorCode() == 0 || said.ErrorCode() == 421 {
		c.broken = true // what the server thinks of is unknown, or it closes (RFC 5321 §3.8)
	}
	if m.IsDelivered() {
		return nil
	}
	f := &failure{reason: "connection", cause: err, hide: inASCII(to)}
	if said != nil && said.ErrorCode() != 0 {
		f.reason = strings.TrimSpace(fmt.Sprintf("refused %d %s", said.ErrorCode(), said.EnhancedStatusCode()))
		f.final = final(said)
	}
	return f
}

// final reports whether the server will never take the message: the mailbox does not exist,
// or what it says is refused. Refusals of us (530, 550 5.7.x: no relaying, a policy) may end
// when an operator has changed something, so they are tried again.
func final(said *gomail.SendError) bool {
	recipient := said.Reason == gomail.ErrSMTPRcptTo || said.Reason == gomail.ErrSMTPDataClose
	return recipient && said.ErrorCode() >= 550 && said.ErrorCode() <= 554 && !strings.HasPrefix(said.EnhancedStatusCode(), "5.7.")
}
