package account_test

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A ledger counts what is asked of the database before an answer. Work that follows it has
// a deadline of its own.
type ledger struct {
	*sqlstore.DB
	calls map[string]int
}

func (l *ledger) UserByName(ctx context.Context, key string) (store.User, error) {
	if _, later := ctx.Deadline(); !later {
		l.calls["UserByName"]++
	}
	return l.DB.UserByName(ctx, key)
}

func (l *ledger) Write(ctx context.Context, f func(store.Tx) error) error {
	if _, later := ctx.Deadline(); later {
		return l.DB.Write(ctx, f)
	}
	l.calls["Write"]++
	return l.DB.Write(ctx, func(tx store.Tx) error { return f(counted{tx, l.calls}) })
}

// counted is a transaction whose steps are counted.
type counted struct {
	store.Tx
	calls map[string]int
}

func (c counted) CreateUser(u store.User) (int64, error) {
	c.calls["CreateUser"]++
	return c.Tx.CreateUser(u)
}

func (c counted) PutLink(l store.Link) error {
	c.calls["PutLink"]++
	return c.Tx.PutLink(l)
}

func (c counted) Audit(events ...store.AuditEvent) error {
	c.calls["Audit"]++
	return c.Tx.Audit(events...)
}

// TestWorkBeforeAnAnswerIsTheSame compares what 300 pairs of requests cost before they are
// answered, one of each pair about an address with an account. Time would say less: a
// guesser can repeat what a test measures once.
func TestWorkBeforeAnAnswerIsTheSame(t *testing.T) {
	w := open(t)
	mailing(t, w)
	w.SignUpVerified = true
	w.Limits.Rules.Mail.Free, w.Limits.Rules.MailNetwork.Free, w.Limits.Rules.SignUp.Free = 10_000, 10_000, 10_000
	w.person("ann", store.RoleUser)
	book := &ledger{DB: w.db}
	w.DB = book
	work := func(ask func() error) string {
		book.calls = map[string]int{}
		if err := ask(); err != nil {
			t.Fatalf("asking: %v", err)
		}
		done := fmt.Sprint(book.calls)
		w.Settle() // what follows the answer is not counted
		return done
	}
	for i := range 100 {
		nobody := fmt.Sprintf("nobody%d@example.com", i)
		for what, ask := range map[string]func(name, address string) error{
			"forgot":  func(_, address string) error { return w.Forgot(t.Context(), fields.Given(address)) },
			"offered": func(_, address string) error { return w.OfferSignUp(t.Context(), fields.Given(address)) },
			"sign-up": func(name, address string) error {
				in := input(name)
				in.Email = fields.Given(address)
				_, err := w.SignUp(t.Context(), in)
				return err
			},
		} {
			known := work(func() error { return ask(fmt.Sprintf("a%d", i), "ann@example.com") })
			unknown := work(func() error { return ask(fmt.Sprintf("b%d", i), nobody) })
			if known != unknown {
				t.Fatalf("%s: %s of work for a known address, %s for an unknown one; want the same", what, known, unknown)
			}
		}
	}
}
