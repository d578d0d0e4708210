// Package storetest holds the promises of package store as tests. Every back-end
// runs those of the interfaces that it implements.
package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// A promise is one test of a back-end.
type promise struct {
	name string
	// of names the methods of store.DB and store.Tx that make the promise.
	of   string
	test func(t *testing.T, db store.DB)
}

func run(t *testing.T, open func(t *testing.T) store.DB, promises []promise) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.test(t, open(t)) })
	}
}

// DB tests the promises of store.DB, but for those in Races. Each call of open returns
// an empty database.
func DB(t *testing.T, open func(t *testing.T) store.DB) {
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) { run(t, open, g.promises) })
	}
}

// A group holds the promises about one kind of record.
type group struct {
	name     string
	promises []promise
}

func groups() []group {
	return []group{
		{"users", users()},
		{"lists of users", userLists()},
		{"sessions", sessions()},
		{"clients", clients()},
		{"registrations", registrations()},
		{"APIs", apis()},
		{"documents", documents()},
		{"codes", codes()},
		{"browsers", browsers()},
		{"consents", consents()},
		{"ends", ends()},
		{"devices", devices()},
		{"pushed requests", pushedRequests()},
		{"rooms", rooms()},
		{"one-time marks", oneTime()},
		{"factors", factors()},
		{"challenges", challenges()},
		{"passkeys", passkeys()},
		{"links to people", links()},
		{"notices", notices()},
		{"mails", mails()},
		{"refusals", refusals()},
		{"acts on many people", bulkJobs()},
		{"keys", keys()},
		{"audit", audit()},
		{"tokens and links", tokens()},
		{"epochs", epochs()},
		{"hourly counts", hourly()},
		{"upgrades", upgrades()},
		{"transactions", transactions()},
	}
}

func transactions() []promise {
	return []promise{
		{"nothing remains of a transaction that failed", "Write", failedWrite},
		{"nothing remains of a transaction that panicked", "Write", panickedWrite},
		{"a refused step leaves the rest of the transaction", "Write CreateUser UpdateUser", refusedStep},
		{"a caller who went away", "Write", cancelled},
		{"it answers", "Ping", func(t *testing.T, db store.DB) {
			if err := db.Ping(t.Context()); err != nil {
				t.Errorf("pinging the store: %v", err)
			}
		}},
	}
}

// odd returns a time that a back-end could easily change: a leap day, outside summer
// time, with milliseconds.
func odd() time.Time { return time.Date(2028, 2, 29, 23, 59, 59, 987_000_000, time.UTC) }

// write runs f in a transaction that must succeed.
func write(t *testing.T, db store.DB, f func(store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the database: %v", err)
	}
}

// same compares records, in which times are equal if they are the same instant.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (- want, + got):\n%s", what, diff)
	}
}

// wantError wants an error of that kind.
func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: err = %v, want %v", what, err, want)
	}
}

// many runs f in n goroutines at once.
func many(n int, f func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	wg.Wait()
}

// oddIDs returns IDs that resemble an existing one, as a stranger may send them.
func oddIDs(id string) []string {
	return []string{
		"", " " + id, id + " ", id + "\x00", strings.ToUpper(id), strings.ToLower(id) + "é", id[:len(id)-1], id + "\xff", "\xff",
		"' OR 1=1 -- ", "%", "_", "0", strings.Repeat(id, 100),
	}
}

var errRefused = errors.New("refused")

func failedWrite(t *testing.T, db store.DB) {
	u := newUser("ann")
	err := db.Write(t.Context(), func(tx store.Tx) error {
		id, err := tx.CreateUser(u)
		if err != nil {
			return err
		}
		if err := tx.CreateSession(newSession(id)); err != nil {
			return err
		}
		if err := tx.Audit(store.AuditEvent{At: odd(), Kind: "user.created"}); err != nil {
			return err
		}
		return errRefused
	})
	wantError(t, "Write", err, errRefused)
	empty(t, db, u)
}

func panickedWrite(t *testing.T, db store.DB) {
	u := newUser("ann")
	func() {
		defer func() { _ = recover() }()
		_ = db.Write(t.Context(), func(tx store.Tx) error {
			if _, err := tx.CreateUser(u); err != nil {
				t.Errorf("creating the user: %v", err)
			}
			panic("in a transaction")
		})
	}()
	empty(t, db, u)
	create(t, db, u) // the connection still works
}

// empty wants the database to hold no people and no events.
func empty(t *testing.T, db store.DB, u store.User) {
	t.Helper()
	_, err := db.UserByName(t.Context(), u.UsernameKey)
	wantError(t, "UserByName", err, store.ErrNotFound)
	if n := total(t, db, store.UserQuery{}); n != 0 {
		t.Errorf("the total of people is %d, want 0", n)
	}
	events, err := db.ListAudit(t.Context(), store.AuditQuery{Limit: 10})
	if err != nil || len(events) != 0 {
		t.Errorf("events on record: %v, %v; want none", events, err)
	}
}

// refusedStep: a taken name does not end the transaction.
func refusedStep(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	ben := create(t, db, newUser("ben"))
	second := newUser("carl")
	second.EmailKey = ann.EmailKey
	write(t, db, func(tx store.Tx) error {
		if _, err := tx.CreateUser(second); !errors.Is(err, store.ErrConflict) {
			t.Errorf("CreateUser: err = %v, want ErrConflict", err)
		}
		err := tx.UpdateUser(ben.ID, store.UserChange{
			Username: &ann.Username, UsernameKey: &ann.UsernameKey, FirstName: new("Lost"), Role: new(store.RoleAdmin),
		})
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("UpdateUser: err = %v, want ErrConflict", err)
		}
		return tx.Audit(store.AuditEvent{At: odd(), Kind: "tried"})
	})
	_, err := db.UserByName(t.Context(), second.UsernameKey)
	wantError(t, "the person refused", err, store.ErrNotFound)
	got, err := db.UserByName(t.Context(), ben.UsernameKey)
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	same(t, "the person not changed", got, ben)
	if n := total(t, db, store.UserQuery{Role: ben.Role}); n != 2 {
		t.Errorf("the total of the role is %d, want 2", n)
	}
	if events, _ := db.ListAudit(t.Context(), store.AuditQuery{Limit: 10}); len(events) != 1 {
		t.Errorf("%d events, want 1, of the transaction that continued", len(events))
	}
}

// cancelled: a caller who went away gets context.Canceled, and not ErrUnavailable.
func cancelled(t *testing.T, db store.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.UserByID(ctx, 1)
	wantError(t, "UserByID", err, context.Canceled)
	err = db.Write(ctx, func(tx store.Tx) error { return tx.Audit(store.AuditEvent{At: odd(), Kind: "lost"}) })
	wantError(t, "Write", err, context.Canceled)

	ctx, cancel = context.WithCancel(t.Context())
	err = db.Write(ctx, func(tx store.Tx) error {
		cancel()
		return tx.Audit(store.AuditEvent{At: odd(), Kind: "lost"})
	})
	wantError(t, "Write after the caller went away", err, context.Canceled)
	if events, err := db.ListAudit(t.Context(), store.AuditQuery{Limit: 10}); err != nil || len(events) != 0 {
		t.Errorf("events on record: %v, %v; want none", events, err)
	}
}
