package sqlstore

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

const (
	// dense: if a search finds more than one person in dense, a walk along the order
	// reaches the next page sooner than sorting everybody whom it finds.
	dense = 8
	// few people are sorted faster than any walk.
	few = 1000
)

// searched chooses how to find the page, and sets total to how many people the search finds.
func (l listing) searched(db *gorm.DB, total *int64) (*statement, error) {
	if err := l.rankWords(db); err != nil {
		return nil, err
	}
	count := l.countFound()
	if err := engine.Row(db, count.String(), count.args, total); err != nil {
		return nil, err
	}
	if *total <= few {
		return l.found(), nil
	}
	var people int64
	everybody := l
	everybody.Search = nil
	if err := everybody.counted(db, &people); err != nil {
		return nil, err
	}
	if *total > people/dense {
		return l.walks(), nil
	}
	return l.found(), nil
}

// searchColumns returns the columns of a user that a word can be the start of. The table
// user_words has the other texts that it can be the start of.
func searchColumns() []string {
	return []string{"u.username_key", "u.email_key", "u.email_domain", "u.first_key", "u.last_key"}
}

// rankWords puts the word first that finds the fewest people. The search looks that word
// up by index, and filters the result by the others. The count stops at few.
func (l listing) rankWords(db *gorm.DB) error {
	if len(l.Search) == 1 {
		return nil
	}
	hits := map[string]int64{}
	for _, word := range l.Search {
		s := bound("SELECT COUNT(*) FROM (")
		each(s, " UNION ALL ", func(column string) {
			s.add("SELECT * FROM (SELECT u.id FROM users u WHERE ")
			inRange(s, column, word)
			s.add(" LIMIT ?) AS some", few)
		})
		s.add(" UNION ALL SELECT * FROM (SELECT x.user_id FROM user_words x WHERE ")
		inRange(s, "x.word", word)
		s.add(" LIMIT ?) AS some) AS hit", few)
		var n int64
		if err := engine.Row(db, s.String(), s.args, &n); err != nil {
			return err
		}
		hits[word] = n
	}
	slices.SortStableFunc(l.Search, func(a, b string) int { return cmp.Compare(hits[a], hits[b]) })
	return nil
}

// each writes a part for each of the searchColumns.
func each(s *statement, between string, part func(column string)) {
	for i, column := range searchColumns() {
		if i > 0 {
			s.add(between)
		}
		part(column)
	}
}

// validWords keeps invalid text from the database. It copies the words, which belong to
// the caller.
func validWords(words []string) []string {
	valid := slices.Clone(words)
	for i, word := range valid {
		valid[i] = strings.ToValidUTF8(word, string(utf8.RuneError))
	}
	return valid
}

// countFound counts, column by column, the people whom no earlier column has counted.
// Each count is a range of an index.
func (l listing) countFound() *statement {
	s := bound("SELECT ")
	columns := searchColumns()
	for i, column := range columns {
		if i > 0 {
			s.add(" + ")
		}
		s.add("(SELECT COUNT(*) FROM users u WHERE ")
		inRange(s, column, l.Search[0])
		for _, before := range columns[:i] {
			s.add(" AND NOT (")
			inRange(s, before, l.Search[0])
			s.add(")")
		}
		l.others(s)
		s.add(")")
	}
	s.add(" + (SELECT COUNT(DISTINCT x.user_id) FROM user_words x " + l.dialect.JoinInOrder + " users u ON u.id = x.user_id WHERE ")
	inRange(s, "x.word", l.Search[0])
	each(s, "", func(column string) {
		s.add(" AND NOT (")
		inRange(s, column, l.Search[0])
		s.add(")")
	})
	l.others(s)
	return s.add(")")
}

// found sorts the people whom the first word finds.
func (l listing) found() *statement {
	s := &statement{}
	return l.around(s, func() {
		s.add("SELECT " + l.selected() + " FROM (")
		each(s, " UNION ", func(column string) {
			s.add("SELECT u.id FROM users u WHERE ")
			inRange(s, column, l.Search[0])
		})
		s.add(" UNION SELECT x.user_id FROM user_words x WHERE ")
		inRange(s, "x.word", l.Search[0])
		s.add(") AS hit " + l.dialect.JoinInOrder + " users u ON u.id = hit.id WHERE 1 = 1")
		l.others(s)
		l.position(s)
		s.add(" ORDER BY "+l.ordering("u.")+" LIMIT ?", l.Limit+1)
	})
}

// others adds the conditions of the filter and of the words after the first.
func (l listing) others(s *statement) {
	l.filter(s)
	for _, word := range l.Search[1:] {
		startsWith(s, word)
	}
}

// startsWith adds the condition that a column, or an extra word, starts with word.
func startsWith(s *statement, word string) {
	s.add(" AND (")
	each(s, " OR ", func(column string) { inRange(s, column, word) })
	s.add(" OR EXISTS (SELECT 1 FROM user_words x WHERE x.user_id = u.id AND ")
	inRange(s, "x.word", word)
	s.add("))")
}

// inRange adds the condition that the column starts with word, as a range, which uses
// the column's index where LIKE may not.
func inRange(s *statement, column, word string) {
	s.add(column+" >= ?", word)
	if end, limited := after(word); limited {
		s.add(" AND "+column+" < ?", end)
	}
}

// position adds the condition that a person comes after the previous page.
func (l listing) position(s *statement) {
	switch {
	case l.After == nil:
	case l.OrderBy == store.ByID:
		s.add(" AND u.id "+l.compare+" ?", l.After.ID)
	default:
		column := "u." + l.column
		s.add(" AND ("+column+" "+l.compare+" ? OR ("+column+" = ? AND u.id "+l.compare+" ?))", l.after, l.after, l.After.ID)
	}
}

// after returns the first text, in byte order, after all those that start with prefix,
// and whether there is one. Code points are ordered as their UTF-8 bytes are.
func after(prefix string) (string, bool) {
	runes := []rune(prefix)
	for n := len(runes); n > 0; n-- {
		if next := runes[n-1] + 1; next <= utf8.MaxRune {
			if !utf8.ValidRune(next) {
				next = 0xE000 // past the surrogates
			}
			return string(append(runes[:n-1:n-1], next)), true
		}
	}
	return "", false
}
