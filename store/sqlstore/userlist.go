package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// An order is a column by which people can be ordered, with its index on (role,
// active, column, id).
type order struct {
	column, index string
	text          bool // a position in it is a text
}

func orderOf(o store.UserOrder) (order, bool) {
	by, known := map[store.UserOrder]order{
		store.ByID:        {column: "id", index: "users_by_id"},
		store.ByUsername:  {column: "username_key", index: "users_by_username", text: true},
		store.ByEmail:     {column: "email_key", index: "users_by_email", text: true},
		store.ByJoined:    {column: "joined_at", index: "users_by_joined"},
		store.ByLastLogin: {column: "last_login_at", index: "users_by_last_login"},
	}[o]
	return by, known
}

// ListUsers implements store.Users.
func (d *DB) ListUsers(ctx context.Context, q store.UserQuery) (page store.UserPage, err error) {
	q.OrderBy = cmp.Or(q.OrderBy, store.ByID)
	by, known := orderOf(q.OrderBy)
	if !known {
		return page, fmt.Errorf("people cannot be ordered by %q", q.OrderBy)
	}
	l := listing{UserQuery: q, order: by, dialect: d.Dialect, compare: ">", direction: "ASC"}
	if q.Descending {
		l.compare, l.direction = "<", "DESC"
	}
	if q.After != nil {
		l.after = q.After.Millis
		if by.text {
			l.after = q.After.Text
		}
	}
	l.Search = validWords(q.Search)
	err = d.Read(ctx, func(db *gorm.DB) error {
		page, err = l.page(db)
		return err
	})
	return page, err
}

// A listing is a UserQuery on its way to SQL.
type listing struct {
	store.UserQuery
	order
	dialect            engine.Dialect
	after              any
	compare, direction string
}

func (l listing) page(db *gorm.DB) (page store.UserPage, err error) {
	people := l.counted()
	if err := engine.Row(db, people.String(), people.args, &page.Total); err != nil {
		return page, err
	}
	q := l.walks()
	if len(l.Search) > 0 {
		if q, err = l.searched(db, &page.Total); err != nil {
			return page, err
		}
	}
	page.Users, err = userTable.all(db, q.String(), q.args...)
	if len(page.Users) > l.Limit { // the query asks for one more, to see whether another page follows
		page.Users, page.More = page.Users[:l.Limit], true
	}
	return page, err
}

// A statement is SQL in the making.
type statement struct {
	strings.Builder
	args []any
}

func (s *statement) add(text string, args ...any) *statement {
	_, _ = s.WriteString(text) // a strings.Builder returns no errors
	s.args = append(s.args, args...)
	return s
}

// around selects the people of a page; page writes a query for their IDs and the column.
func (l listing) around(s *statement, page func()) *statement {
	s.add("SELECT " + userTable.selected + " FROM (")
	page()
	s.add(") AS page " + l.dialect.JoinInOrder + " users u ON u.id = page.id ORDER BY " + l.ordering("page."))
	return s.add(" LIMIT ?", l.Limit+1)
}

// walks selects the first people of every class (role, active), each by a walk along
// an index that starts at the position, and merges them in order. Without a search
// that is at most a dozen short walks, wherever the page is and whatever the filter.
func (l listing) walks() *statement {
	s := &statement{}
	return l.around(s, func() {
		union := ""
		for _, c := range l.wanted() {
			for _, b := range l.bounds() {
				s.add(union+"SELECT * FROM (SELECT "+l.selected()+" FROM users u"+fmt.Sprintf(l.dialect.UseIndex, l.index)+
					" WHERE u.role = ? AND u.active = ?", c.role, c.active)
				for _, word := range l.Search {
					startsWith(s, word)
				}
				s.add(b.String(), b.args...).add(" LIMIT ?) AS walk", l.Limit+1)
				union = " UNION ALL "
			}
		}
	})
}

// selected returns the columns that the index holds.
func (l listing) selected() string {
	if l.OrderBy == store.ByID {
		return "u.id"
	}
	return "u.id, u." + l.column
}

func (l listing) ordering(table string) string {
	if l.OrderBy == store.ByID {
		return table + "id " + l.direction
	}
	return table + l.column + " " + l.direction + ", " + table + "id " + l.direction
}

// bounds selects the people after the position, as two ordered ranges of an index:
// those equal in the column and later by ID, and those later in the column. Neither
// database reliably reads an OR of the two as ranges.
func (l listing) bounds() []*statement {
	inOrder := " ORDER BY " + l.ordering("u.")
	switch {
	case l.After == nil:
		return []*statement{bound(inOrder)}
	case l.OrderBy == store.ByID:
		return []*statement{bound(" AND u.id "+l.compare+" ?"+inOrder, l.After.ID)}
	}
	return []*statement{
		bound(" AND u."+l.column+" = ? AND u.id "+l.compare+" ? ORDER BY u.id "+l.direction, l.after, l.After.ID),
		bound(" AND u."+l.column+" "+l.compare+" ?"+inOrder, l.after),
	}
}

func bound(text string, args ...any) *statement { return new(statement).add(text, args...) }

// wanted returns the classes that the filter selects.
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

// counted adds up the rows of user_counts.
func (l listing) counted() *statement {
	s := bound("SELECT COALESCE(SUM(u.n), 0) FROM user_counts u WHERE 1 = 1")
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
