package sqlstore

import (
	"strings"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// LockAdmins implements store.UsersTx.
func (t *tx) LockAdmins() error { return t.lock("admins") }

// lock takes the lock with that name, which a migration made. A transaction in SQLite
// excludes all others from its start.
func (t *tx) lock(name string) error {
	if t.Dialect.ForUpdate == "" {
		return t.Do(func(*gorm.DB) error { return nil })
	}
	return t.Do(func(db *gorm.DB) error {
		return engine.Row(db, "SELECT name FROM locks WHERE name = ?"+t.Dialect.ForUpdate, []any{name}, &name)
	})
}

// OtherAdmin implements store.UsersTx.
func (t *tx) OtherAdmin(id int64) (found bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		found, err = otherAdmin(db, id)
		return err
	})
	return found, err
}

// LockUser implements store.UsersTx.
func (t *tx) LockUser(id int64) (u store.User, err error) {
	err = t.Do(func(db *gorm.DB) error {
		u, err = t.lockUser(db, id)
		return err
	})
	return u, err
}

func (t *tx) lockUser(db *gorm.DB, id int64) (store.User, error) {
	return oneUser(db, userByID+t.Dialect.ForUpdate, id)
}

// CreateUser implements store.UsersTx.
func (t *tx) CreateUser(u store.User) (int64, error) {
	var id int64
	err := t.Nested(func(db *gorm.DB) (err error) {
		if id, err = userTable.insert(db, u); err != nil {
			return err
		}
		if err := t.reserveNames(db, id, u.UsernameKey, u.EmailKey); err != nil {
			return err
		}
		u.ID = id
		return insertWords(db, u)
	})
	if err != nil {
		return 0, err
	}
	t.count(id, class{role: u.Role, active: u.Active}, 1)
	return id, nil
}

// UpdateUser implements store.UsersTx. A sign-in, which changes neither names
// nor class, is a single statement.
func (t *tx) UpdateUser(id int64, c store.UserChange) error {
	if c.UsernameKey == nil && c.EmailKey == nil && c.FirstName == nil && c.LastName == nil && c.Role == nil && c.Active == nil {
		return t.Do(func(db *gorm.DB) error { return updateUser(db, id, c) })
	}
	var old store.User
	err := t.Nested(func(db *gorm.DB) (err error) {
		if old, err = t.lockUser(db, id); err != nil {
			return err
		}
		if err := updateUser(db, id, c); err != nil {
			return err
		}
		now := old
		now.UsernameKey = either(c.UsernameKey, old.UsernameKey)
		now.FirstName, now.LastName = either(c.FirstName, old.FirstName), either(c.LastName, old.LastName)
		if err := replaceWords(db, old, now); err != nil {
			return err
		}
		return t.changeNames(db, old, c)
	})
	if err != nil {
		return err
	}
	t.count(id, class{role: old.Role, active: old.Active}, -1)
	t.count(id, class{role: either(c.Role, old.Role), active: either(c.Active, old.Active)}, 1)
	return nil
}

// either returns *c, or was if c is nil.
func either[T any](c *T, was T) T {
	if c != nil {
		return *c
	}
	return was
}

// updateUser writes the columns that c sets, if the row meets the conditions of c.
func updateUser(db *gorm.DB, id int64, c store.UserChange) error {
	sets, args := assignments(c)
	statement := "UPDATE users SET " + strings.Join(sets, ", ") + " WHERE id = ?"
	args = append(args, id)
	if c.IfActive {
		statement += " AND active = 1"
	}
	if c.IfPasswordHash != "" {
		statement += " AND password_hash = ?"
		args = append(args, c.IfPasswordHash)
	}
	if c.IfGeneration != nil {
		statement += " AND generation = ?"
		args = append(args, int64(*c.IfGeneration))
	}
	n, err := engine.Exec(db, statement, args...)
	if err == nil && n == 0 {
		return store.ErrNotFound
	}
	return err
}

// assignments returns the columns that c sets, with their values as an INSERT writes them.
func assignments(c store.UserChange) (sets []string, args []any) {
	var u store.User
	var names []string
	take(&names, &u.Username, c.Username, "username")
	take(&names, &u.UsernameKey, c.UsernameKey, "username_key")
	take(&names, &u.Email, c.Email, "email")
	take(&names, &u.EmailKey, c.EmailKey, "email_key", "email_domain")
	take(&names, &u.EmailVerified, c.EmailVerified, "email_verified")
	take(&names, &u.FirstName, c.FirstName, "first_name", "first_key")
	take(&names, &u.LastName, c.LastName, "last_name", "last_key")
	take(&names, &u.Role, c.Role, "role")
	take(&names, &u.Active, c.Active, "active")
	take(&names, &u.PasswordHash, c.PasswordHash, "password_hash")
	take(&names, &u.PasswordStolen, c.PasswordStolen, "password_stolen")
	take(&names, &u.Factors, c.Factors, "factors")
	take(&names, &u.LastLoginAt, c.LastLoginAt, "last_login_at")
	take(&names, &u.UpdatedAt, c.UpdatedAt, "updated_at")
	take(&names, &u.Profile, c.Profile, "profile")
	if len(names) == 0 { // the conditions count even if nothing changes
		return []string{"email_verified = email_verified"}, nil
	}
	for _, c := range pick(userColumns, names) {
		sets, args = append(sets, c.name+" = ?"), append(args, c.value(&u))
	}
	return sets, args
}

// take sets a field that changes, and adds the columns that follow from it to names.
func take[T any](names *[]string, field, change *T, columns ...string) {
	if change != nil {
		*field, *names = *change, append(*names, columns...)
	}
}

// DeleteUser implements store.UsersTx.
func (t *tx) DeleteUser(id int64) error {
	var old store.User
	err := t.Do(func(db *gorm.DB) (err error) {
		if old, err = t.lockUser(db, id); err != nil {
			return err
		}
		pending := store.PendingEnd{End: store.End{UserID: id, Reason: store.EndedDeleted, Sub: old.Sub}, Gone: true}
		if err := t.bury(db, pending); err != nil {
			return err
		}
		// Few rows each: names, factors, a mail and a link for each purpose, as many consents as there are apps, and refusals of a week.
		for _, table := range []string{"user_names", "user_words", "consents", "totp_factors", "recovery_codes", "passkeys", "challenges", "mails", "links", "refusals"} {
			if err := db.Exec("DELETE FROM "+table+" WHERE user_id = ?", id).Error; err != nil {
				return err
			}
		}
		return db.Exec("DELETE FROM users WHERE id = ?", id).Error
	})
	if err != nil {
		return err
	}
	t.count(id, class{role: old.Role, active: old.Active}, -1)
	return nil
}
