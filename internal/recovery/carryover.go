package recovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// A Replaced database is one in the place of which a backup was restored. It is only read.
type Replaced interface {
	history
	ListUsers(ctx context.Context, q store.UserQuery) (store.UserPage, error)
	UserBySub(ctx context.Context, sub string) (store.User, error)
	ConsentOf(ctx context.Context, userID int64, clientID string) (store.Consent, error)
	ClientByID(ctx context.Context, id string) (store.Client, error)
	SigningKeys(ctx context.Context) ([]store.SigningKey, error)
}

// CarryOver takes away in a restored database what the replaced one says was taken
// away since the backup. It only ever takes: nobody gains a right by it.
type CarryOver struct {
	Restored interface {
		history
		ListUsers(ctx context.Context, q store.UserQuery) (store.UserPage, error)
		ListConsents(ctx context.Context, userID int64) ([]store.Consent, error)
		ListClients(ctx context.Context, after string, limit int) ([]store.Client, error)
		store.Keys
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Replaced Replaced
	// Kept opens a database that an earlier restoring replaced, by the name that it has
	// since. An error means that there is none that can be read; nil: there are none.
	Kept func(ctx context.Context, name string) (Replaced, error)
	// Reseal returns a signing key as it is under the master key of that ID, or an
	// error if it cannot be opened.
	Reseal func(k store.SigningKey, under string) (store.SigningKey, error)
	Now    func() time.Time
	Actor  string

	line []witness
}

// Carried says what was carried over, by the names of the restored database.
type Carried struct {
	// Deactivated are people who were deleted or deactivated since.
	Deactivated []string
	// Demoted are people who had a higher role, with the one they have now.
	Demoted []string
	// Passwords is how many people have the password that they chose since.
	Passwords int
	// Consents is how many consents were withdrawn since.
	Consents int
	// Disabled are apps that were deleted or switched off since.
	Disabled []string
	// Credentials are apps that have the secrets and keys that they were given since.
	Credentials []string
	// Narrowed are apps that may do less since, with what is less.
	Narrowed []string
	// Retired are signing keys that were withdrawn since, Keys those made since, and
	// Unsealed those of them that were left out, as no master key here opens them.
	Retired, Keys, Unsealed []string
	// Untold are people and apps of the backup that the replaced database never had, as
	// it was itself brought back to a point before them, and of which no other database
	// tells either: they are as the backup has them. Missing is the name of the database
	// that would tell, if there was one.
	Untold  []string
	Missing string
	// Lost is how many people signed up since, and are not in the restored database.
	Lost int64
}

// Count is how many people, apps and keys are not as the backup had them.
func (c Carried) Count() int {
	return len(c.Deactivated) + len(c.Demoted) + c.Passwords + c.Consents + len(c.Disabled) + len(c.Credentials) + len(c.Narrowed) + len(c.Retired)
}

// ErrUnrelated: the replaced database has nobody and no key of the restored one, as
// one that a server made anew when the file was lost. What it has not, nobody took away.
var ErrUnrelated = errors.New("the replaced database did not grow out of the backup: it has none of its people and signing keys")

// Do carries over, or returns ErrUnrelated. After an error what had been carried over
// by then stays so.
func (c *CarryOver) Do(ctx context.Context) (Carried, error) {
	var done Carried
	if related, err := c.related(ctx); err != nil || !related {
		return done, cmp.Or(err, ErrUnrelated)
	}
	if err := c.summon(ctx, &done); err != nil {
		return done, fmt.Errorf("finding out what the replaced database grew out of: %w", err)
	}
	if err := c.keys(ctx, &done); err != nil {
		return done, fmt.Errorf("carrying over signing keys: %w", err)
	}
	if err := c.people(ctx, &done); err != nil {
		return done, fmt.Errorf("carrying over what people lost: %w", err)
	}
	if err := c.clients(ctx, &done); err != nil {
		return done, fmt.Errorf("carrying over what apps lost: %w", err)
	}
	if len(done.Untold) == 0 {
		done.Missing = "" // nobody asked it
	}
	return done, nil
}

const page = 1000

func (c *CarryOver) people(ctx context.Context, done *Carried) error {
	query := store.UserQuery{OrderBy: store.ByID, Limit: page}
	known := int64(0)
	for {
		some, err := c.Restored.ListUsers(ctx, query)
		if err != nil {
			return err
		}
		for _, u := range some.Users {
			there, err := c.person(ctx, u, done)
			if err != nil {
				return err
			}
			if there {
				known++
			}
		}
		if !some.More {
			break
		}
		query.After = &store.UserPosition{ID: some.Users[len(some.Users)-1].ID}
	}
	all, err := c.Replaced.ListUsers(ctx, store.UserQuery{OrderBy: store.ByID, Limit: 1})
	done.Lost = all.Total - known
	return err
}

// person compares one person, and reports whether the replaced database has them.
func (c *CarryOver) person(ctx context.Context, was store.User, done *Carried) (bool, error) {
	var since store.User
	db, fate, err := c.ask(was.JoinedAt, func(db Replaced) (err error) {
		since, err = db.UserBySub(ctx, was.Sub)
		return err
	})
	if err != nil {
		return false, err
	}
	if fate == untold {
		done.Untold = append(done.Untold, was.Username)
		return false, nil
	}
	change, before, after := less(was, since, fate == gone, c.Now())
	if len(after) > 0 {
		err := c.write(ctx, audit.UserSubject(was.Sub), audit.UserUpdated{Before: before, After: after}, func(tx store.Tx) error {
			return tx.UpdateUser(was.ID, change)
		})
		if err != nil {
			return false, err
		}
	}
	switch {
	case change.Active != nil:
		done.Deactivated = append(done.Deactivated, was.Username)
	case change.Role != nil:
		done.Demoted = append(done.Demoted, was.Username+" ("+string(since.Role)+")")
	}
	if change.PasswordHash != nil {
		done.Passwords++
	}
	if fate == gone {
		return false, nil
	}
	return db == c.Replaced, c.consents(ctx, db, was, since, done)
}

// less is what a person has to lose, and its evidence. Somebody who was deleted is
// deactivated: to delete again what a backup was meant to bring back is for the
// operator to say.
func less(was, since store.User, gone bool, now time.Time) (change store.UserChange, before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	if was.Active && (gone || !since.Active) {
		change.Active = new(false)
		before["is_active"], after["is_active"] = true, false
	}
	if !gone && rank(since.Role) < rank(was.Role) {
		change.Role = &since.Role
		before["role"], after["role"] = string(was.Role), string(since.Role)
	}
	if !gone && since.PasswordHash != was.PasswordHash {
		change.PasswordHash = &since.PasswordHash
		after["password"] = "changed"
	}
	if len(after) > 0 {
		change.UpdatedAt = &now
	}
	return change, before, after
}

func rank(r store.Role) int {
	return slices.Index([]store.Role{store.RoleUser, store.RoleStaff, store.RoleAdmin}, r)
}

func (c *CarryOver) consents(ctx context.Context, db Replaced, was, since store.User, done *Carried) error {
	granted, err := c.Restored.ListConsents(ctx, was.ID)
	if err != nil {
		return err
	}
	for _, g := range granted {
		_, err := db.ConsentOf(ctx, since.ID, g.ClientID)
		if err == nil {
			continue
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		err = c.write(ctx, audit.UserSubject(was.Sub), audit.ConsentWithdrawn{Scope: g.Scope}, func(tx store.Tx) error {
			_, _, err := tx.DeleteConsent(was.ID, g.ClientID, c.Now())
			return err
		})
		if err != nil {
			return err
		}
		done.Consents++
	}
	return nil
}

func (c *CarryOver) write(ctx context.Context, subject string, what audit.Kind, f func(store.Tx) error) error {
	return c.Restored.Write(ctx, func(tx store.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return tx.Audit(audit.Event{Actor: c.Actor, Subject: subject, What: what}.Record(ctx, c.Now()))
	})
}
