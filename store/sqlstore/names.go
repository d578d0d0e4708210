package sqlstore

import (
	"bytes"
	"slices"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// reserveNames gives the names to the user, or returns a *store.NameTaken. It inserts
// them in the order of their digests, so that two transactions that want the same two
// names do not wait for each other.
func (t *tx) reserveNames(db *gorm.DB, id int64, username, email string) error {
	for _, digest := range nameDigests(username, email) {
		_, err := engine.Exec(db, "INSERT INTO user_names (digest, user_id) VALUES (?, ?)", blob(digest[:]), id)
		if engine.Duplicate(err) {
			return t.nameTaken(db, id, username, email)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nameDigests returns the sorted digests of the keys, each once: a username may be the
// person's own address.
func nameDigests(keys ...string) []store.Digest {
	var digests []store.Digest
	for _, key := range keys {
		digests = append(digests, store.DigestOf(key))
	}
	slices.SortFunc(digests, func(a, b store.Digest) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(digests)
}

func (t *tx) nameTaken(db *gorm.DB, id int64, username, email string) error {
	var taken store.NameTaken
	for key, flag := range map[string]*bool{username: &taken.Username, email: &taken.Email} {
		digest := store.DigestOf(key)
		found, err := engine.Exists(db, "SELECT 1 FROM user_names WHERE digest = ? AND user_id <> ?", blob(digest[:]), id)
		if err != nil {
			return err
		}
		*flag = found
	}
	if username == email {
		taken.Username, taken.Email = taken.Username || taken.Email, taken.Username || taken.Email
	}
	if taken == (store.NameTaken{}) {
		return engine.ErrGaveUp // the other user gave the name up in this moment
	}
	return &taken
}

// changeNames gives up the user's old names and reserves the new ones.
func (t *tx) changeNames(db *gorm.DB, old store.User, c store.UserChange) error {
	username, email := either(c.UsernameKey, old.UsernameKey), either(c.EmailKey, old.EmailKey)
	if username == old.UsernameKey && email == old.EmailKey {
		return nil
	}
	if err := db.Exec("DELETE FROM user_names WHERE user_id = ?", old.ID).Error; err != nil {
		return err
	}
	return t.reserveNames(db, old.ID, username, email)
}
