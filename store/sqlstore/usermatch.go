package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// fewSelected people are looked through sooner than all whom a common word finds.
const fewSelected = 5000

// A source is a column in which a search looks for its first word, with its index.
type source struct{ from, use, column, id string }

// sources returns the sources, in the order in which ByMatch reads them.
func (l listing) sources() (all []source) {
	indexes := []string{"users_username", "users_email", "users_domain", "users_first", "users_last"}
	for i, column := range searchColumns() {
		use := fmt.Sprintf(l.dialect.UseIndex, indexes[i])
		all = append(all, source{"users u" + use, use, column, "u.id"})
	}
	return append(all, source{"user_words x " + l.dialect.JoinInOrder + " users u ON u.id = x.user_id", "", "x.word", "x.user_id"})
}

// matchUsers is ListUsers for ByMatch. Each source is an index that is read in its order
// from the position on, and no further than the page needs. The first page chooses how to
// go, and the positions tell it to the others.
func (d *DB) matchUsers(ctx context.Context, q store.UserQuery) (page store.UserPage, err error) {
	if len(q.Search) == 0 || q.Descending {
		return page, fmt.Errorf("people cannot be ordered by %q without a search, or backwards", q.OrderBy)
	}
	q.OrderBy = store.ByUsername
	l, err := d.listing(q)
	if err != nil {
		return page, err
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		page, err = l.matched(db)
		return err
	})
	return page, err
}

func (l listing) matched(db *gorm.DB) (page store.UserPage, err error) {
	at, err := l.start(db)
	if err != nil {
		return page, err
	}
	if at.Match.Listed {
		return l.matchListed(db)
	}
	for number := at.Match.Source; number < len(l.sources()) && !page.More; number++ {
		if number > at.Match.Source {
			at = store.UserPosition{Match: &store.UserMatch{Source: number, Word: at.Match.Word}}
		}
		if err := l.fromSource(db, at, &page); err != nil {
			return page, err
		}
	}
	return page, l.countMatched(db, &page)
}

// start returns where the page begins, and puts the word first that is looked for.
func (l listing) start(db *gorm.DB) (at store.UserPosition, err error) {
	if l.After != nil && l.After.Match != nil {
		at = *l.After
		if i := slices.Index(l.Search, at.Match.Word); i > 0 {
			l.Search[0], l.Search[i] = l.Search[i], l.Search[0]
		}
		return at, nil
	}
	at.Match = &store.UserMatch{}
	if at.Match.Listed, err = l.selectsFew(db); err == nil && !at.Match.Listed {
		err = l.rankWords(db)
	}
	at.Match.Word = l.Search[0]
	return at, err
}

// selectsFew reports whether the filter alone selects few people.
func (l listing) selectsFew(db *gorm.DB) (bool, error) {
	if l.Role == "" && l.Active == nil && !l.marked {
		return false, nil
	}
	l.Search, l.IdleSince, l.UpTo, l.Most = nil, time.Time{}, 0, fewSelected
	var n int64
	err := l.counted(db, &n)
	return n <= fewSelected, err
}

// matchListed looks through all whom the filter selects, who are few.
func (l listing) matchListed(db *gorm.DB) (page store.UserPage, err error) {
	s := l.walks()
	if page.Users, err = userTable.all(db, s.String(), s.args...); err != nil {
		return page, err
	}
	l.cut(&page)
	if n := len(page.Users); n > 0 {
		u := page.Users[n-1]
		page.Last = store.UserPosition{Text: u.UsernameKey, ID: u.ID, Match: &store.UserMatch{Word: l.Search[0], Listed: true}}
	}
	err = l.countWalks(db, &page.Total)
	l.beyond(&page)
	return page, err
}

// cut leaves on a page what belongs there: a query asks for one more, to see whether another
// page follows.
func (l listing) cut(page *store.UserPage) {
	if page.More = len(page.Users) > l.Limit; page.More {
		page.Users = page.Users[:l.Limit]
	}
}

// fromSource adds the people after a position in its source, as many as the page has room
// for.
func (l listing) fromSource(db *gorm.DB, at store.UserPosition, page *store.UserPage) error {
	end, err := l.window(db, at)
	if err != nil {
		return err
	}
	for _, s := range l.match(at, end, l.Limit-len(page.Users)+1) {
		if page.More {
			break
		}
		err := engine.Rows(db, s.String(), s.args, func(row engine.Scanner) error {
			var u store.User
			var text string
			if err := row.Scan(userTable.dest(&u, &text)...); err != nil {
				return err
			}
			if page.More = len(page.Users) == l.Limit; page.More {
				return nil
			}
			page.Users = append(page.Users, u)
			page.Last = store.UserPosition{Text: text, ID: u.ID, Match: &store.UserMatch{Source: at.Match.Source, Word: at.Match.Word}}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if end != nil && !page.More {
		page.More, page.Last = true, *end
	}
	return nil
}

// lookedAt is how many people of a source a page looks at whom the filter or another word
// may leave out. A page that has found too few by then tells where to go on.
const lookedAt = 2000

// narrowed reports whether the filter or another word leaves out people whom the first finds.
func (l listing) narrowed() bool {
	return len(l.Search) > 1 || l.Role != "" || l.Active != nil || l.Verified != nil || l.Second != nil || !l.IdleSince.IsZero() || l.UpTo != 0
}

// window returns the position up to which a page looks at the people of a source; nil: all.
func (l listing) window(db *gorm.DB, at store.UserPosition) (*store.UserPosition, error) {
	if !l.narrowed() {
		return nil, nil
	}
	src := l.sources()[at.Match.Source]
	end := store.UserPosition{Match: &store.UserMatch{Source: at.Match.Source, Word: at.Match.Word}}
	for _, part := range between(src, at, nil) {
		s := bound("SELECT " + src.column + ", " + src.id + " FROM " + src.from + " WHERE ")
		inRange(s, src.column, l.Search[0])
		s.add(part.String(), part.args...).add(" ORDER BY "+src.column+", "+src.id+" LIMIT 1 OFFSET ?", lookedAt-1)
		if err := engine.Row(db, s.String(), s.args, &end.Text, &end.ID); !errors.Is(err, store.ErrNotFound) {
			return &end, err
		}
	}
	return nil, nil
}

// match selects at most n people after a position in its source, and no later than the end.
func (l listing) match(at store.UserPosition, end *store.UserPosition, n int) (all []*statement) {
	src := l.sources()[at.Match.Source]
	for _, part := range between(src, at, end) {
		s := bound("SELECT " + userTable.selected + ", " + src.column + " FROM " + src.from + " WHERE ")
		l.finds(s, at.Match.Source)
		s.add(part.String(), part.args...)
		all = append(all, s.add(" ORDER BY "+src.column+", "+src.id+" LIMIT ?", n))
	}
	return all
}

// between returns the conditions of the people after a position in its source, and no later
// than the end, as ranges of its index: those equal in the text and later by ID, and then those
// later in the text.
func between(src source, at store.UserPosition, end *store.UserPosition) (all []*statement) {
	later := &statement{}
	if at.ID != 0 {
		equal := bound(" AND "+src.column+" = ? AND "+src.id+" > ?", at.Text, at.ID)
		if end != nil && end.Text == at.Text {
			return []*statement{equal.add(" AND "+src.id+" <= ?", end.ID)}
		}
		all = append(all, equal)
		later.add(" AND "+src.column+" > ?", at.Text)
	}
	if end == nil {
		return append(all, later)
	}
	return append(all, later.add(" AND "+src.column+" < ?", end.Text),
		bound(" AND "+src.column+" = ? AND "+src.id+" <= ?", end.Text, end.ID))
}

// countMatched counts source by source: all, or no further than Most. Where people are left
// out, it looks at hardly more than Most of them, of whom there may be few left.
func (l listing) countMatched(db *gorm.DB, page *store.UserPage) error {
	switch {
	case l.Most == store.Uncounted:
		return nil
	case l.Most > 0 && !l.narrowed():
		return l.countHits(db, page)
	}
	var looked int64
	for i, src := range l.sources() {
		var seen, found int64
		s := l.countAll(i, src)
		if l.Most > 0 {
			s = l.countSome(i, src, l.Most+1-looked)
		}
		if err := engine.Row(db, s.String(), s.args, &seen, &found); err != nil {
			return err
		}
		looked, page.Total = looked+seen, page.Total+found
		if page.Beyond = l.Most > 0 && looked > l.Most; page.Beyond {
			page.Total = min(page.Total, l.Most)
			return nil
		}
	}
	return nil
}

// countHits counts whom the only word finds, no further than Most, from the indexes alone:
// first what each source finds, one of which is often enough, and then what they find together.
func (l listing) countHits(db *gorm.DB, page *store.UserPage) error {
	together, union := bound("SELECT COUNT(*) FROM ("), ""
	for _, src := range l.sources() {
		hits := l.hits(src)
		s := bound("SELECT COUNT(*) FROM (").add(hits.String(), hits.args...).add(") AS hits")
		if err := engine.Row(db, s.String(), s.args, &page.Total); err != nil {
			return err
		}
		if l.enough(page.Total) {
			l.beyond(page)
			return nil
		}
		together.add(union+"SELECT * FROM (").add(hits.String(), hits.args...).add(") AS hits")
		union = " UNION "
	}
	together.add(") AS together")
	if err := engine.Row(db, together.String(), together.args, &page.Total); err != nil {
		return err
	}
	l.beyond(page)
	return nil
}

// hits selects the IDs of the people whom a source finds, one more than Most of them.
func (l listing) hits(src source) *statement {
	s := bound("SELECT u.id FROM " + src.from + " WHERE ")
	if src.id != "u.id" { // a person may have several words that begin alike
		s = bound("SELECT DISTINCT " + src.id + " FROM user_words x WHERE ")
	}
	inRange(s, src.column, l.Search[0])
	return s.add(" LIMIT ?", l.Most+1)
}

func (l listing) countAll(number int, src source) *statement {
	s := bound("SELECT 0, COUNT(*) FROM " + src.from + " WHERE ")
	l.finds(s, number)
	return s
}

// countSome looks at no more than n people whom a source finds.
func (l listing) countSome(number int, src source, n int64) *statement {
	s := bound("SELECT COUNT(*), COALESCE(SUM(CASE WHEN 1 = 1")
	l.narrows(s, number)
	columns, from, id := "u.id", "users u"+src.use, "id"
	if number == len(searchColumns()) {
		columns, from, id = "x.word, x.user_id", "user_words x", "user_id"
	}
	s.add(" THEN 1 ELSE 0 END), 0) FROM (SELECT " + columns + " FROM " + from + " WHERE ")
	inRange(s, src.column, l.Search[0])
	return s.add(" LIMIT ?) AS x "+l.dialect.JoinInOrder+" users u ON u.id = x."+id, n)
}

// finds adds the conditions of a person whom a source finds, and no source before it. Of a
// person's words, the first in order counts.
func (l listing) finds(s *statement, number int) {
	inRange(s, l.sources()[number].column, l.Search[0])
	l.narrows(s, number)
}

// narrows adds the conditions beside the one that the index is read by.
func (l listing) narrows(s *statement, number int) {
	word, columns := l.Search[0], searchColumns()
	for _, before := range columns[:min(number, len(columns))] {
		s.add(" AND NOT (")
		inRange(s, before, word)
		s.add(")")
	}
	if number == len(columns) {
		s.add(" AND NOT EXISTS (SELECT 1 FROM user_words y WHERE y.user_id = x.user_id AND y.word >= ? AND y.word < x.word)", word)
	}
	l.others(s)
}
