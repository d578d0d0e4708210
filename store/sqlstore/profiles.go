package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// ProfileOf implements store.Profiles.
func (d *DB) ProfileOf(ctx context.Context, userID int64) (p store.Profile, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		p, err = oneProfile(db, "", userID)
		return err
	})
	return p, err
}

// ProfileOf implements store.UsersTx.
func (t *tx) ProfileOf(id int64) (p store.Profile, err error) {
	err = t.Do(func(db *gorm.DB) error {
		p, err = oneProfile(db, t.Dialect.ForUpdate, id)
		return err
	})
	return p, err
}

func oneProfile(db *gorm.DB, lock string, userID int64) (p store.Profile, err error) {
	var kept string
	err = engine.Row(db, "SELECT COALESCE(profile, '') FROM users WHERE id = ?"+lock, []any{userID}, &kept)
	if err != nil || kept == "" {
		return p, err
	}
	if err := json.Unmarshal([]byte(kept), &p); err != nil {
		return p, fmt.Errorf("reading the profile of person %d: %w", userID, err)
	}
	return p, nil
}

// profileText is a profile as it is kept. Texts always encode.
func profileText(p store.Profile) string {
	kept, _ := json.Marshal(p)
	return string(kept)
}
