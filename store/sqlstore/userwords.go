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
	var b indexed
	err := d.Read(ctx, func(db *gorm.DB) (err error) {
		b, err = toIndex(db, n)
		return err
	})
	if err != nil || b.looked == 0 {
		return 0, err
	}
	err = d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error { return t.indexNames(db, b) })
	})
	return b.looked, err
}

// An indexed batch of users are those after one ID, up to last.
type indexed struct {
	after, last, looked int64
	// extra are the IDs of those with extra words.
	extra []int64
}

// toIndex reads no more of the users than their names: there may be millions of them, at a
// start.
func toIndex(db *gorm.DB, n int) (b indexed, err error) {
	if err := engine.Row(db, "SELECT COALESCE(MAX(user_id), 0) FROM user_words WHERE word = ''", nil, &b.after); err != nil {
		return b, err
	}
	err = engine.Rows(db, "SELECT id, username_key, first_name, last_name FROM users WHERE id > ? ORDER BY id LIMIT ?", []any{b.after, n}, func(s engine.Scanner) error {
		var u store.User
		if err := s.Scan(&u.ID, &u.UsernameKey, &u.FirstName, &u.LastName); err != nil {
			return err
		}
		b.last = u.ID
		b.looked++
		if len(extraWords(u)) > 0 {
			b.extra = append(b.extra, u.ID)
		}
		return nil
	})
	return b, err
}

// indexNames reads each user who has extra words once more, because they may have been
// renamed since.
func (t *tx) indexNames(db *gorm.DB, b indexed) error {
	for _, id := range b.extra {
		u, err := t.lockUser(db, id)
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
	if err := db.Exec("DELETE FROM user_words WHERE word = '' AND user_id = ?", b.after).Error; err != nil {
		return err
	}
	return db.Exec("INSERT INTO user_words (word, user_id) VALUES ('', ?)", b.last).Error
}
