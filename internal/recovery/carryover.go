package recovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// A Replaced database is the one that a restored backup replaced. It is only read.
type Replaced interface {
	history
	factorReader
	ListUsers(ctx context.Context, q store.UserQuery) (store.UserPage, error)
	UserBySub(ctx context.Context, sub string) (store.User, error)
	ConsentOf(ctx context.Context, userID int64, clientID string) (store.Consent, error)
	ClientByID(ctx context.Context, id string) (store.Client, error)
	APIByID(ctx context.Context, id string) (store.API, error)
	SigningKeys(ctx context.Context) ([]store.SigningKey, error)
}

// CarryOver takes from people, apps and APIs in a restored database whatever, by the replaced
// one, was taken from them after the backup. It only takes: nobody gains a right by it.
type CarryOver struct {
	Restored interface {
		history
		factorReader
		ListUsers(ctx context.Context, q store.UserQuery) (store.UserPage, error)
		ListConsents(ctx context.Context, userID int64) ([]store.Consent, error)
		ListClients(ctx context.Context, after string, limit int) ([]store.Client, error)
		ListAPIs(ctx context.Context, after string, limit int) ([]store.API, error)
		store.Keys
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Replaced Replaced
	// Kept opens a database that an earlier restore replaced, by the name that it got
	// then, or returns an error if it cannot be read. A nil Kept opens none.
	Kept func(ctx context.Context, name string) (Replaced, error)
	// Reseal returns a signing key sealed with the master key of that ID, or an error if
	// the key cannot be opened.
	Reseal func(k store.SigningKey, under string) (store.SigningKey, error)
	Now    func() time.Time
	Actor  string

	line []witness
}

// Carried says what was carried over, by the names in the restored database. "Since"
// means after the backup.
type Carried struct {
	// Deactivated lists people who were deleted or deactivated since.
	Deactivated []string
	// Demoted lists people who lost a higher role since, with their role now.
	Demoted []string
	// Passwords counts the people who got the password that they chose since.
	Passwords int
	// Factors counts the people who lost a passkey, an authenticator app or recovery codes
	// since.
	Factors int
	// Consents counts the consents that were withdrawn since, all or in part.
	Consents int
	// Disabled lists apps that were deleted or disabled since.
	Disabled []string
	// Credentials lists apps that got the secrets and keys that were set since.
	Credentials []string
	// Narrowed lists apps whose rights were reduced since, with the fields concerned.
	Narrowed []string
	// APIs lists APIs that were deleted or restricted since.
	APIs []string
	// Retired lists signing keys that were withdrawn since. Keys lists those made since.
	// Unsealed lists those made since that were left out, because no master key here
	// opens them.
	Retired, Keys, Unsealed []string
	// Untold lists people, apps and APIs of the backup that the replaced database never had,
	// because it was itself restored from an older backup, and that no other database
	// knows. They stay as they are in the backup. Missing is the name of the database
	// that should know them; empty: none is known.
	Untold  []string
	Missing string
	// Lost counts the people who signed up since, and are not in the restored database.
	Lost int64
}

// Count returns how many people, apps, APIs and keys differ from the backup.
func (c Carried) Count() int {
	return len(c.Deactivated) + len(c.Demoted) + c.Passwords + c.Factors + c.Consents + len(c.Disabled) + len(c.Credentials) + len(c.Narrowed) + len(c.APIs) + len(c.Retired)
}

// ErrUnrelated means that the replaced database shares no person and no key with the
// restored one, as when the file was lost and a server made a new one. Rights that it
// lacks were never taken away.
var ErrUnrelated = errors.New("the replaced database did not grow out of the backup: it has none of its people and signing keys")

// Do carries over, or returns ErrUnrelated. After another error, the changes already
// made stay.
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
	if err := c.apis(ctx, &done); err != nil {
		return done, fmt.Errorf("carrying over what APIs lost: %w", err)
	}
	if len(done.Untold) == 0 {
		done.Missing = "" // it was not needed
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

// person carries over for one person, and reports whether the replaced database has them.
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
	if err := c.factors(ctx, db, was, since, done); err != nil {
		return false, err
	}
	return db == c.Replaced, c.consents(ctx, db, was, since, done)
}

// less returns what a person must lose, and its evidence. A person who was deleted is
// only deactivated: whether to delete again what the backup brought back is for the
// operator to decide.
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
	if !gone && was.EmailVerified && !since.EmailVerified && since.Email == was.Email {
		change.EmailVerified = new(false)
		before["email_verified"], after["email_verified"] = true, false
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
		kept, err := db.ConsentOf(ctx, since.ID, g.ClientID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		taken := authz.Consented(g).Without(authz.Consented(kept))
		if err == nil && taken == "" {
			continue
		}
		if err := c.withdraw(ctx, was, authz.Withdraw(g, taken), taken); err != nil {
			return err
		}
		done.Consents++
	}
	return nil
}

// withdraw takes scopes away from a consent, or all if nothing is left.
func (c *CarryOver) withdraw(ctx context.Context, was store.User, left store.Consent, taken authz.Scope) error {
	if left.Scope != "" {
		return c.write(ctx, audit.UserSubject(was.Sub), audit.ScopeWithdrawn{Scope: string(taken), Left: left.Scope}, func(tx store.Tx) error {
			return tx.PutConsent(left)
		})
	}
	return c.write(ctx, audit.UserSubject(was.Sub), audit.ConsentWithdrawn{Scope: string(taken)}, func(tx store.Tx) error {
		if _, err := tx.DeleteConsent(was.ID, left.ClientID); err != nil {
			return err
		}
		_, err := tx.EndAll(store.End{UserID: was.ID, ClientID: left.ClientID, Reason: store.EndedConsent, At: c.Now(), Actor: c.Actor, Sub: was.Sub})
		return err
	})
}

func (c *CarryOver) write(ctx context.Context, subject string, what audit.Kind, f func(store.Tx) error) error {
	return c.Restored.Write(ctx, func(tx store.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return tx.Audit(audit.Event{Actor: c.Actor, Subject: subject, What: what}.Record(ctx, c.Now()))
	})
}
