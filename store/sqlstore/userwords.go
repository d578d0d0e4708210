package sqlstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"gorm.io/gorm"

	"gatehouse/internal/names"
	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

const (
	// maxWords bounds the rows of one user: no real name has so many words.
	maxWords = 16
	// maxWordBytes is the size of the column.
	maxWordBytes = 255
)

// extraWords returns what a search finds a user by beside the columns of their row: a
// name from each of its later words on, and names with accents without them. Most users
// have none, so that a search reads hardly more rows for it.
func extraWords(u store.User) []string {
	var words []string
	add := func(word string) {
		if word = text(word, maxWordBytes); len(words) < maxWords && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if plain := names.Plain(u.UsernameKey); plain != u.UsernameKey {
		add(plain)
	}
	for _, name := range []string{u.FirstName, u.LastName} {
		plain := names.Plain(name)
		if plain != searchKey(name) {
			add(plain)
		}
		for _, start := range laterWords(plain) {
			add(plain[start:])
		}
	}
	return words
}

// laterWords returns where each word of a name but the first begins.
func laterWords(name string) (starts []int) {
	inWord, first := false, true
	for i, r := range name {
		letter := unicode.In(r, unicode.Letter, unicode.Number, unicode.Mark)
		if letter && !inWord && !first {
			starts = append(starts, i)
		}
		inWord, first = letter, first && !letter
	}
	return starts
}

// insertWords adds the extra words of a user.
func insertWords(db *gorm.DB, u store.User) error {
	words := extraWords(u)
	if len(words) == 0 {
		return nil
	}
	var args []any
	for _, word := range words {
		args = append(args, word, u.ID)
	}
	_, err := engine.Exec(db, "INSERT INTO user_words (word, user_id) VALUES (?, ?)"+strings.Repeat(", (?, ?)", len(words)-1), args...)
	return err
}

// replaceWords replaces the extra words of a user whose names were those of old.
func replaceWords(db *gorm.DB, old, now store.User) error {
	if slices.Equal(extraWords(old), extraWords(now)) {
		return nil
	}
	if err := db.Exec("DELETE FROM user_words WHERE user_id = ?", now.ID).Error; err != nil {
		return err
	}
	return insertWords(db, now)
}

// IndexNames adds the extra words of the next n users that a release before this table
// may have written, and returns how many users it has looked at. How far it has come is
// the user_id of the row with the empty word, which no search finds. A name that such a
// release changes later is found by its first word alone, until it changes again.
func (d *DB) IndexNames(ctx context.Context, n int) (int64, error) {
	var done int64
	var users []store.User
	err := d.Read(ctx, func(db *gorm.DB) (err error) {
		if err = engine.Row(db, "SELECT COALESCE(MAX(user_id), 0) FROM user_words WHERE word = ''", nil, &done); err != nil {
			return err
		}
		users, err = userTable.all(db, "SELECT "+userTable.selected+" FROM users u WHERE u.id > ? ORDER BY u.id LIMIT ?", done, n)
		return err
	})
	if err != nil || len(users) == 0 {
		return 0, err
	}
	err = d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error { return t.indexNames(db, done, users) })
	})
	return int64(len(users)), err
}

// indexNames reads each user who has extra words once more, because they may have been
// renamed since.
func (t *tx) indexNames(db *gorm.DB, done int64, users []store.User) error {
	for _, u := range users {
		if len(extraWords(u)) == 0 {
			continue
		}
		u, err := t.lockUser(db, u.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := db.Exec("DELETE FROM user_words WHERE user_id = ? AND word <> ''", u.ID).Error; err != nil {
			return err
		}
		if err := insertWords(db, u); err != nil {
			return err
		}
	}
	if err := db.Exec("DELETE FROM user_words WHERE word = '' AND user_id = ?", done).Error; err != nil {
		return err
	}
	return db.Exec("INSERT INTO user_words (word, user_id) VALUES ('', ?)", users[len(users)-1].ID).Error
}
