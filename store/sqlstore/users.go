package sqlstore

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"gatehouse/internal/names"
	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A userRow is a person with the keys by which they are sought.
type userRow struct {
	ID            int64 `gorm:"primaryKey"`
	Sub           string
	Username      string
	UsernameKey   string
	Email         string
	EmailKey      string
	EmailDomain   string
	EmailVerified bool
	FirstName     string
	FirstKey      string
	LastName      string
	LastKey       string
	Role          string
	Active        bool
	PasswordHash  string
	JoinedAt      int64
	LastLoginAt   int64
	Updated       int64 `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (userRow) TableName() string { return "users" }

func rowOfUser(u store.User) userRow {
	return userRow{
		Sub: u.Sub, Username: u.Username, UsernameKey: u.UsernameKey,
		Email: u.Email, EmailKey: u.EmailKey, EmailDomain: domain(u.EmailKey), EmailVerified: u.EmailVerified,
		FirstName: u.FirstName, FirstKey: searchKey(u.FirstName), LastName: u.LastName, LastKey: searchKey(u.LastName),
		Role: string(u.Role), Active: u.Active, PasswordHash: u.PasswordHash,
		JoinedAt: millis(u.JoinedAt), LastLoginAt: millis(u.LastLoginAt), Updated: millis(u.UpdatedAt),
	}
}

// searchKey is a name as it is sought, cut to its column: a letter can fold into
// eighteen, and nobody looks for so long a beginning.
func searchKey(name string) string { return text(names.Fold(name), 1020) }

// domain is what follows the last @.
func domain(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

// userColumns are what userScan takes, of a table that is called u.
const userColumns = "u.id, u.sub, u.username, u.username_key, u.email, u.email_key, u.email_verified, " +
	"u.first_name, u.last_name, u.role, u.active, u.password_hash, u.joined_at, u.last_login_at, u.updated_at"

// A userScan receives userColumns.
type userScan struct {
	user                       store.User
	joined, lastLogin, updated int64
}

func (s *userScan) dest() []any {
	u := &s.user
	return []any{
		&u.ID, &u.Sub, &u.Username, &u.UsernameKey, &u.Email, &u.EmailKey, &u.EmailVerified,
		&u.FirstName, &u.LastName, &u.Role, &u.Active, &u.PasswordHash, &s.joined, &s.lastLogin, &s.updated,
	}
}

func (s *userScan) record() store.User {
	s.user.JoinedAt, s.user.LastLoginAt, s.user.UpdatedAt = instant(s.joined), instant(s.lastLogin), instant(s.updated)
	return s.user
}

func oneUser(db *gorm.DB, query string, args ...any) (store.User, error) {
	var s userScan
	if err := engine.Row(db, query, args, s.dest()...); err != nil {
		return store.User{}, err
	}
	return s.record(), nil
}

// UserByID implements store.Users.
func (d *DB) UserByID(ctx context.Context, id int64) (u store.User, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		u, err = oneUser(db, "SELECT "+userColumns+" FROM users u WHERE u.id = ?", id)
		return err
	})
	return u, err
}

// UserBySub implements store.Users.
func (d *DB) UserBySub(ctx context.Context, sub string) (u store.User, err error) {
	if !plausible(sub) {
		return u, store.ErrNotFound
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		u, err = oneUser(db, "SELECT "+userColumns+" FROM users u WHERE u.sub = ?", sub)
		return err
	})
	return u, err
}

// UserByName implements store.Users.
func (d *DB) UserByName(ctx context.Context, key string) (u store.User, err error) {
	digest := store.DigestOf(key)
	var s userScan
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT "+userColumns+", COALESCE(u.profile, '{}') FROM user_names n JOIN users u ON u.id = n.user_id WHERE n.digest = ?",
			[]any{blob(digest[:])}, append(s.dest(), &s.user.ProfileText)...)
	})
	if err != nil {
		return store.User{}, err
	}
	return s.record(), nil
}

// HasAdmin implements store.Users.
func (d *DB) HasAdmin(ctx context.Context) (found bool, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		found, err = otherAdmin(db, 0)
		return err
	})
	return found, err
}

func otherAdmin(db *gorm.DB, id int64) (bool, error) {
	return engine.Exists(db, "SELECT 1 FROM users WHERE role = 'admin' AND active = 1 AND id <> ? LIMIT 1", id)
}
