package mail

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"time"

	"gatehouse/store"
)

// A Key seals what waits, and derives a key for the digests of addresses (keys.DataKey).
type Key interface {
	Seal(plain, aad []byte) ([]byte, error)
	Open(sealed, aad []byte) ([]byte, error)
	Derive(label string) [32]byte
}

// An Outbox takes messages. A nil Outbox is one without a mail server.
type Outbox struct {
	Key Key
	// Refused, if set, is called for each message that found the outbox full.
	Refused func(purpose Purpose)
	Now     func() time.Time
	Log     *slog.Logger

	most int // how many may wait; 0: maxWaiting
}

// maxWaiting bounds the table: 40 MB at most. While it is full, as it may be after hours
// without the mail server, acts go on without their messages.
const maxWaiting = 20_000

// On reports whether there is a mail server. Without one, Add adds nothing.
func (o *Outbox) On() bool { return o != nil }

// content is what is sealed of a message.
type content struct {
	ID       string            `json:"id"` // of the Message-ID, the same at each try
	To       string            `json:"to"`
	Sub      string            `json:"sub,omitempty"`
	Language string            `json:"language,omitempty"`
	Data     map[string]string `json:"data,omitempty"`
	Until    time.Time         `json:"until,omitzero"`
}

// Add adds m in the caller's transaction. It takes the place of a message with the same
// address and purpose that still waits, so that a flood of acts is one message.
func (o *Outbox) Add(tx store.Tx, m Message) error {
	if !o.On() {
		return nil
	}
	if m.To == "" {
		return nil
	}
	if !sendable(m.To) { // as addresses of older rules may be; the act goes on
		o.Log.Warn("a mail was not added, because its address is none", "purpose", m.Purpose, "person", m.Sub)
		return nil
	}
	plain, err := json.Marshal(content{rand.Text(), m.To, m.Sub, m.Language, m.Data, m.Until})
	if err != nil {
		return fmt.Errorf("adding a mail: %w", err)
	}
	now := o.Now()
	waiting := store.Mail{Digest: o.digest(m.To, m.Purpose, m.Data["Factor"], m.Data["What"]), Purpose: m.Purpose, UserID: m.UserID, CreatedAt: now, NextTry: now}
	if waiting.Content, err = o.Key.Seal(plain, sealedFor(waiting)); err != nil {
		return fmt.Errorf("adding a mail: %w", err)
	}
	added, err := tx.AddMail(waiting, cmp.Or(o.most, maxWaiting))
	if err != nil {
		return fmt.Errorf("adding a mail: %w", err)
	}
	if !added {
		o.full(m.Purpose)
	}
	return nil
}

func (o *Outbox) full(purpose Purpose) {
	if o.Refused != nil {
		o.Refused(purpose)
	}
	o.Log.Warn("a mail was not added, because too many wait", "purpose", purpose, "waiting", maxWaiting)
}

// open returns what waits in m.
func (o *Outbox) open(m store.Mail) (c content, err error) {
	plain, err := o.Key.Open(m.Content, sealedFor(m))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil {
		return c, fmt.Errorf("opening a mail: %w", err)
	}
	return c, nil
}

// digest names an address and a purpose, and which factor the message is about: that one was
// added must not go unsaid because another was removed. Without the key, nobody can tell
// whether it is that of a certain address.
func (o *Outbox) digest(address string, purpose Purpose, about ...string) store.Digest {
	key := o.Key.Derive("gatehouse mail address v1")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(strings.Join(append(about, purpose, strings.ToLower(address)), "\x00")))
	return store.Digest(mac.Sum(nil))
}

// sealedFor binds what is sealed to its row.
func sealedFor(m store.Mail) []byte {
	return []byte("mail\x00" + m.Purpose + "\x00" + string(m.Digest[:]))
}

// sendable reports whether address is one and nothing more, so that nothing else gets into
// a header or a command.
func sendable(address string) bool {
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address && parsed.Name == "" &&
		!strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7F || r == '<' || r == '>' })
}
