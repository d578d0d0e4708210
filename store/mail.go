package store

import (
	"context"
	"time"
)

// A Mail is a message that waits for the mail server.
type Mail struct {
	ID int64
	// Digest names the address and the purpose together, without revealing the address.
	Digest  Digest
	Purpose string
	// UserID is whom the message is about; 0: nobody yet.
	UserID int64
	// Content is sealed: the address, the language and what the text needs.
	Content   []byte
	CreatedAt time.Time
	// Tries counts the claims so far, and NextTry is when the message is due.
	Tries   int
	NextTry time.Time
}

// Mails keeps messages until they are sent or given up.
type Mails interface {
	// ClaimMails returns at most n messages that are due at now, those due longest first,
	// and sets their next try to again, so that each goes to one replica only. A claim
	// counts as a try, which Tries includes.
	ClaimMails(ctx context.Context, now, again time.Time, n int) ([]Mail, error)
	// PutOffMail sets the next try of a message that was not sent.
	PutOffMail(ctx context.Context, id int64, next time.Time) error
	// CountMails returns how many messages wait, as far as most.
	CountMails(ctx context.Context, most int) (int, error)
	// SweepMails deletes at most n messages that were added before limit, as they are left
	// where no server sends mail any more, and returns how many.
	SweepMails(ctx context.Context, limit time.Time, n int) (int64, error)
}

// MailsTx adds messages in the transaction of the act that they tell of.
type MailsTx interface {
	// AddMail adds m, ignoring m.ID, in place of a message with the same digest that still
	// waits. It reports false, and adds nothing, if most others wait already.
	AddMail(m Mail, most int) (bool, error)
	// DropMail forgets a message that was sent or given up, and reports whether it was
	// still there: one that was replaced meanwhile has another ID, and stays.
	DropMail(id int64) (bool, error)
}
