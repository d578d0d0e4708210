package sqlstore

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"gatehouse/internal/names"
	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// userColumns are the columns of a person, with the keys for searches.
var userColumns = []column[store.User]{
	col("id", func(u *store.User) any { return &u.ID }).byDatabase(),
	col("sub", func(u *store.User) any { return &u.Sub }),
	col("username", func(u *store.User) any { return &u.Username }),
	col("username_key", func(u *store.User) any { return &u.UsernameKey }),
	col("email", func(u *store.User) any { return &u.Email }),
	col("email_key", func(u *store.User) any { return &u.EmailKey }),
	col("email_domain", func(u *store.User) any { return domain(u.EmailKey) }).written(),
	col("email_verified", func(u *store.User) any { return &u.EmailVerified }),
	col("first_name", func(u *store.User) any { return &u.FirstName }),
	col("first_key", func(u *store.User) any { return searchKey(u.FirstName) }).written(),
	col("last_name", func(u *store.User) any { return &u.LastName }),
	col("last_key", func(u *store.User) any { return searchKey(u.LastName) }).written(),
	col("role", func(u *store.User) any { return &u.Role }),
	col("active", func(u *store.User) any { return &u.Active }),
	col("password_hash", func(u *store.User) any { return &u.PasswordHash }),
	col("password_stolen", func(u *store.User) any { return &u.PasswordStolen }),
	col("factors", func(u *store.User) any { return &u.Factors }),
	col("generation", func(u *store.User) any { return (*number)(&u.Generation) }).byDatabase(),
	col("joined_at", func(u *store.User) any { return (*moment)(&u.JoinedAt) }),
	col("last_login_at", func(u *store.User) any { return (*moment)(&u.LastLoginAt) }),
	col("updated_at", func(u *store.User) any { return (*moment)(&u.UpdatedAt) }),
	col("profile", func(u *store.User) any { return &u.Profile }).orEmpty(),
}

var (
	userTable  = tableOf("users", "u.", userColumns)
	userByID   = "SELECT " + userTable.selected + " FROM users u WHERE u.id = ?"
	userBySub  = "SELECT " + userTable.selected + " FROM users u WHERE u.sub = ?"
	userByName = "SELECT " + userTable.selected + " FROM user_names n JOIN users u ON u.id = n.user_id WHERE n.digest = ?"
)

// searchKey returns the form of a name that is searched, cut to the size of its column:
// a letter can fold into eighteen, and no search needs so long a prefix.
func searchKey(name string) string { return text(names.Fold(name), 1020) }

// domain returns the part of an address after the last @.
func domain(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

func oneUser(db *gorm.DB, query string, arg any) (store.User, error) {
	var u store.User
	if err := engine.Row(db, query, []any{arg}, userTable.dest(&u)...); err != nil {
		return store.User{}, err
	}
	return u, nil
}

// UserByID implements store.Users.
func (d *DB) UserByID(ctx context.Context, id int64) (u store.User, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		u, err = oneUser(db, userByID, id)
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
		u, err = oneUser(db, userBySub, sub)
		return err
	})
	return u, err
}

// someSubs is how many subjects one query of UsersBySub has; always as many, so that there
// is one statement to keep.
const someSubs = 50

var usersBySub = "SELECT " + userTable.selected + " FROM users u WHERE u.sub IN (?" + strings.Repeat(", ?", someSubs-1) + ")"

// UsersBySub implements store.Users.
func (d *DB) UsersBySub(ctx context.Context, subs []string) (users []store.User, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		users = nil
		for some := range slices.Chunk(subs, someSubs) {
			args := make([]any, someSubs)
			for i := range args {
				args[i] = text(some[min(i, len(some)-1)], 255)
			}
			found, err := userTable.all(db, usersBySub, args...)
			if err != nil {
				return err
			}
			users = append(users, found...)
		}
		return nil
	})
	return users, err
}

// UserByName implements store.Users.
func (d *DB) UserByName(ctx context.Context, key string) (u store.User, err error) {
	digest := store.DigestOf(key)
	err = d.Read(ctx, func(db *gorm.DB) error {
		u, err = oneUser(db, userByName, blob(digest[:]))
		return err
	})
	return u, err
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
