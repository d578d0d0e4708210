package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
)

// A Mail is a message as it arrived.
type Mail struct {
	// From and To are those of the envelope.
	From, To string
	// TLS says that it came encrypted.
	TLS bool
	// Header has the headers, and Subject is decoded.
	Header  mail.Header
	Subject string
	// Text and HTML are the two parts, decoded.
	Text, HTML string
	// Link is the first address in the text with a token; empty: none.
	Link string
	// Raw is what was sent.
	Raw string
}

var link = regexp.MustCompile(`https?://\S+[?&]token=\S+`)

// parse reads a message with two parts.
func parse(raw []byte) (m Mail, err error) {
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, fmt.Errorf("reading a message: %w", err)
	}
	m = Mail{Header: read.Header, Raw: string(raw)}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
		return m, fmt.Errorf("reading the subject: %w", err)
	}
	_, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		return m, fmt.Errorf("reading the type of a message: %w", err)
	}
	parts := multipart.NewReader(read.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			m.Link = link.FindString(m.Text)
			return m, nil
		}
		if err != nil {
			return m, fmt.Errorf("reading a part: %w", err)
		}
		if part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			return m, fmt.Errorf("a part is encoded as %q", part.Header.Get("Content-Transfer-Encoding"))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return m, fmt.Errorf("reading a part: %w", err)
		}
		text := strings.ReplaceAll(string(body), "\r\n", "\n")
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = text
		} else {
			m.Text = text
		}
	}
}
