package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"gatehouse/store"
)

// orders are the columns that people can be ordered by, and whether a position
// in them is a text.
var orders = map[store.UserOrder]struct {
	column string
	text   bool
}{
	store.ByID:        {column: "id"},
	store.ByUsername:  {column: "username_key", text: true},
	store.ByEmail:     {column: "email_key", text: true},
	store.ByJoined:    {column: "joined_at"},
	store.ByLastLogin: {column: "last_login_at"},
}

// ListUsers implements store.Users.
func (d *DB) ListUsers(ctx context.Context, q store.UserQuery) (page store.UserPage, err error) {
	q.OrderBy = cmp.Or(q.OrderBy, store.ByID)
	by, known := orders[q.OrderBy]
	if !known {
		return page, fmt.Errorf("no order of people by %q", q.OrderBy)
	}
	l := listing{UserQuery: q, dialect: d.dialect, column: by.column, compare: ">", direction: "ASC"}
	if q.Descending {
		l.compare, l.direction = "<", "DESC"
	}
	if q.After != nil {
		l.after = q.After.Millis
		if by.text {
			l.after = q.After.Text
		}
	}
	err = d.read(ctx, func(db *gorm.DB) error {
		page, err = l.page(db)
		return err
	})
	return page, err
}

// A listing is a UserQuery on its way to SQL.
type listing struct {
	store.UserQuery
	dialect            dialect
	column             string
	after              any
	compare, direction string
}

func (l listing) page(db *gorm.DB) (page store.UserPage, err error) {
	q, total := l.classes(), l.total()
	if len(l.Search) > 0 {
		q, total = l.found(), l.totalFound()
	}
	if err := row(db, total.text(), total.args, &page.Total); err != nil {
		return page, err
	}
	err = rows(db, q.text(), q.args, func(s scanner) error {
		var u userScan
		if err := s.Scan(u.dest()...); err != nil {
			return err
		}
		page.Users = append(page.Users, u.record())
		return nil
	})
	if len(page.Users) > l.Limit { // one more was asked for, to know whether there is one
		page.Users, page.More = page.Users[:l.Limit], true
	}
	return page, err
}

// A statement is SQL in the making.
type statement struct {
	strings.Builder
	args []any
}

func (s *statement) text() string { return s.String() }

func (s *statement) add(text string, args ...any) {
	s.WriteString(text)
	s.args = append(s.args, args...)
}

// classes selects without a search: the first of every class (role, active) in
// the order asked for, each a walk along an index from the position on, and of
// those the first. The cost is that of at most twelve short walks, wherever the
// page is and whatever the filter.
func (l listing) classes() *statement {
	s := &statement{}
	s.add("SELECT " + userColumns + " FROM (")
	first := true
	for _, c := range l.wanted() {
		for _, b := range l.bounds() {
			if !first {
				s.add(" UNION ALL ")
			}
			first = false
			s.add("SELECT * FROM (SELECT "+l.selected()+" FROM users WHERE role = ? AND active = ?", c.role, c.active)
			s.add(b.text(), b.args...)
			s.add(" ORDER BY "+l.ordering("")+" LIMIT ?) AS walk", l.Limit+1)
		}
	}
	s.add(") AS page "+l.dialect.joinInOrder+" users u ON u.id = page.id ORDER BY "+l.ordering("page.")+" LIMIT ?", l.Limit+1)
	return s
}

// selected are the columns that the index holds.
func (l listing) selected() string {
	if l.OrderBy == store.ByID {
		return "id"
	}
	return "id, " + l.column
}

func (l listing) ordering(table string) string {
	if l.OrderBy == store.ByID {
		return table + "id " + l.direction
	}
	return table + l.column + " " + l.direction + ", " + table + "id " + l.direction
}

// bounds is what lies after the position, as ranges of an index: those equal in
// the column and later by ID, and those later in the column. Neither database
// reads an OR of the two as ranges reliably.
func (l listing) bounds() []*statement {
	switch {
	case l.After == nil:
		return []*statement{{}}
	case l.OrderBy == store.ByID:
		return []*statement{bound(" AND id "+l.compare+" ?", l.After.ID)}
	}
	return []*statement{
		bound(" AND "+l.column+" = ? AND id "+l.compare+" ?", l.after, l.After.ID),
		bound(" AND "+l.column+" "+l.compare+" ?", l.after),
	}
}

func bound(text string, args ...any) *statement {
	s := &statement{}
	s.add(text, args...)
	return s
}

// wanted are the classes that the filter selects.
func (l listing) wanted() (wanted []class) {
	for _, role := range []store.Role{store.RoleUser, store.RoleStaff, store.RoleAdmin} {
		for _, active := range []bool{false, true} {
			if (l.Role == "" || l.Role == role) && (l.Active == nil || *l.Active == active) {
				wanted = append(wanted, class{role: role, active: active})
			}
		}
	}
	return wanted
}

// total sums up the counts that are kept.
func (l listing) total() *statement {
	s := &statement{}
	s.add("SELECT COALESCE(SUM(n), 0) FROM user_counts u WHERE 1 = 1")
	l.filter(s)
	return s
}

func (l listing) filter(s *statement) {
	if l.Role != "" {
		s.add(" AND u.role = ?", l.Role)
	}
	if l.Active != nil {
		s.add(" AND u.active = ?", *l.Active)
	}
}

// found selects by search: the IDs that each word finds, and the people of whom
// every word found something.
func (l listing) found() *statement {
	s := &statement{}
	s.add("SELECT " + userColumns)
	l.search(s)
	if l.After != nil {
		l.position(s)
	}
	s.add(" ORDER BY "+l.ordering("u.")+" LIMIT ?", l.Limit+1)
	return s
}

func (l listing) totalFound() *statement {
	s := &statement{}
	s.add("SELECT COUNT(*)")
	l.search(s)
	return s
}

func (l listing) position(s *statement) {
	if l.OrderBy == store.ByID {
		s.add(" AND u.id "+l.compare+" ?", l.After.ID)
		return
	}
	column := "u." + l.column
	s.add(" AND ("+column+" "+l.compare+" ? OR ("+column+" = ? AND u.id "+l.compare+" ?))", l.after, l.after, l.After.ID)
}

// search writes FROM and WHERE. The first word's finds drive the join.
func (l listing) search(s *statement) {
	for i, word := range l.Search {
		switch i {
		case 0:
			s.add(" FROM ")
			l.word(s, word)
			s.add(" AS w0 " + l.dialect.joinInOrder + " users u ON u.id = w0.id")
		default:
			s.add(" JOIN ")
			l.word(s, word)
			s.add(fmt.Sprintf(" AS w%d ON w%d.id = u.id", i, i))
		}
	}
	s.add(" WHERE 1 = 1")
	l.filter(s)
}

// word selects the IDs of the people of whom a column starts with word. A range
// uses the index of each column where LIKE may not.
func (l listing) word(s *statement, word string) {
	from := strings.ToValidUTF8(word, string(utf8.RuneError))
	to, limited := after(from)
	for i, column := range []string{"username_key", "email_key", "email_domain", "first_key", "last_key"} {
		if i == 0 {
			s.add("(")
		} else {
			s.add(" UNION ")
		}
		s.add("SELECT id FROM users WHERE "+column+" >= ?", from)
		if limited {
			s.add(" AND "+column+" < ?", to)
		}
	}
	s.add(")")
}

// after is the first text in byte order that comes after all that start with
// prefix, if there is one. Code points order as their UTF-8 bytes do.
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
