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
	// own is the index on the column alone: empty if there is none, and "id" for the
	// primary key.
	own  string
	text bool // a position in it is a text
	// marked: the index also has whether the address is verified, and whether there is a
	// second factor, before the column.
	marked bool
}

func orderOf(o store.UserOrder) (order, bool) {
	by, known := map[store.UserOrder]order{
		store.ByID:        {column: "id", index: "users_by_id", own: "id"},
		store.ByUsername:  {column: "username_key", index: "users_by_username", own: "users_username", text: true},
		store.ByEmail:     {column: "email_key", index: "users_by_email", own: "users_email", text: true},
		store.ByJoined:    {column: "joined_at", index: "users_by_joined"},
		store.ByLastLogin: {column: "last_login_at", index: "users_by_last_login"},
	}[o]
	return by, known
}

// ListUsers implements store.Users.
func (d *DB) ListUsers(ctx context.Context, q store.UserQuery) (page store.UserPage, err error) {
	q.OrderBy = cmp.Or(q.OrderBy, store.ByID)
	if q.OrderBy == store.ByMatch {
		return d.matchUsers(ctx, q)
	}
	l, err := d.listing(q)
	if err != nil {
		return page, err
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		page, err = l.page(db)
		return err
	})
	return page, err
}

// listing prepares a query for SQL.
func (d *DB) listing(q store.UserQuery) (l listing, err error) {
	by, known := orderOf(q.OrderBy)
	if !known {
		return l, fmt.Errorf("people cannot be ordered by %q", q.OrderBy)
	}
	if by.column == "username_key" && (q.Verified != nil || q.Second != nil) {
		by.index, by.marked = "users_marked", true
	}
	l = listing{UserQuery: q, order: by, dialect: d.Dialect, compare: ">", direction: "ASC"}
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
	return l, nil
}

// A listing is a UserQuery on its way to SQL.
type listing struct {
	store.UserQuery
	order
	dialect            engine.Dialect
	after              any
	compare, direction string
}

// usualPage is how many people are read for a page of the usual size, and the one after it.
const usualPage = 101

func (l listing) page(db *gorm.DB) (page store.UserPage, err error) {
	find := l.listed
	if len(l.Search) > 0 {
		find = l.searched
	}
	q, err := find(db, &page.Total)
	if err != nil {
		return page, err
	}
	page.Users, err = userTable.about(min(l.Limit+1, usualPage), db, q.String(), q.args...)
	l.cut(&page)
	l.beyond(&page)
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
				s.add(union + "SELECT * FROM (")
				l.walk(s, c)
				s.add(b.String(), b.args...).add(" LIMIT ?) AS walk", l.Limit+1)
				union = " UNION ALL "
			}
		}
	})
}

// walk selects the people of a class by the index of the order.
func (l listing) walk(s *statement, c class) {
	s.add("SELECT "+l.selected()+" FROM users u"+fmt.Sprintf(l.dialect.UseIndex, l.index)+" WHERE u.role = ? AND u.active = ?", c.role, c.active)
	if l.marked {
		s.add(" AND u.email_verified = ? AND u.second = ?", c.verified, c.second)
	}
	l.narrow(s)
}

// narrow adds the conditions that do not choose classes.
func (l listing) narrow(s *statement) {
	if !l.marked {
		l.marks(s)
	}
	l.limits(s)
	for _, word := range l.Search {
		startsWith(s, word)
	}
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

// wanted returns the classes that the filter selects, with their marks if the index has them.
func (l listing) wanted() (wanted []class) {
	for _, role := range l.roles() {
		for _, active := range values(l.Active) {
			if !l.marked {
				wanted = append(wanted, class{role: role, active: active})
				continue
			}
			for _, verified := range values(l.Verified) {
				for _, second := range values(l.Second) {
					wanted = append(wanted, class{role, active, marks{verified, second}})
				}
			}
		}
	}
	return wanted
}

func (l listing) roles() []store.Role {
	if l.Role != "" {
		return []store.Role{l.Role}
	}
	return []store.Role{store.RoleUser, store.RoleStaff, store.RoleAdmin}
}

// values returns the one value, or both.
func values(value *bool) []bool {
	if value == nil {
		return []bool{false, true}
	}
	return []bool{*value}
}

// listed returns the query of a page without a search, and sets total to how many people
// the filter selects.
func (l listing) listed(db *gorm.DB, total *int64) (*statement, error) {
	if l.whole() {
		return l.everybody(), l.counted(db, total)
	}
	return l.walks(), l.counted(db, total)
}

// counted adds up the rows of user_counts, if they know the filter, or counts.
func (l listing) counted(db *gorm.DB, total *int64) error {
	if l.Verified != nil || l.Second != nil || !l.IdleSince.IsZero() || l.UpTo != 0 {
		return l.countWalks(db, total)
	}
	s := bound("SELECT COALESCE(SUM(u.n), 0) FROM user_counts u WHERE 1 = 1")
	l.classes(s)
	return engine.Row(db, s.String(), s.args, total)
}

// countWalks counts along the index of the order, no further than Most.
func (l listing) countWalks(db *gorm.DB, total *int64) error {
	if l.Most == store.Uncounted {
		return nil
	}
	s := bound("SELECT COUNT(*) FROM (SELECT 1 FROM users u" + fmt.Sprintf(l.dialect.UseIndex, l.index) + " WHERE")
	among(s, " u.role", l.roles())
	among(s, " AND u.active", values(l.Active))
	if l.marked {
		among(s, " AND u.email_verified", values(l.Verified))
		among(s, " AND u.second", values(l.Second))
	}
	l.narrow(s)
	if l.Most > 0 {
		s.add(" LIMIT ?", l.Most+1)
	}
	s.add(") AS some")
	return engine.Row(db, s.String(), s.args, total)
}

// among adds a condition by which an index that begins with the column is read in ranges.
func among[T any](s *statement, column string, of []T) {
	s.add(column + " IN (?" + strings.Repeat(", ?", len(of)-1) + ")")
	for _, value := range of {
		s.args = append(s.args, value)
	}
}

// beyond says of a total that is higher than Most that there are more than that.
func (l listing) beyond(page *store.UserPage) {
	if page.Beyond = l.enough(page.Total); page.Beyond {
		page.Total = l.Most
	}
}

func (l listing) enough(total int64) bool { return l.Most > 0 && total > l.Most }

// filter adds all conditions but those of the search.
func (l listing) filter(s *statement) {
	l.classes(s)
	l.marks(s)
	l.limits(s)
}

func (l listing) classes(s *statement) {
	if l.Role != "" {
		s.add(" AND u.role = ?", l.Role)
	}
	if l.Active != nil {
		s.add(" AND u.active = ?", *l.Active)
	}
}

func (l listing) marks(s *statement) {
	if l.Verified != nil {
		s.add(" AND u.email_verified = ?", *l.Verified)
	}
	if l.Second != nil {
		s.add(" AND u.second = ?", *l.Second)
	}
}

func (l listing) limits(s *statement) {
	if !l.IdleSince.IsZero() {
		s.add(" AND u.last_login_at < ?", millis(l.IdleSince))
	}
	if l.UpTo != 0 {
		s.add(" AND u.id <= ?", l.UpTo)
	}
}
