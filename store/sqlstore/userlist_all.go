package sqlstore

import "fmt"

// whole reports whether the list is of everybody, in an order whose column has an index of
// its own. One walk along that is cheaper than one for each class, and their merge.
func (l listing) whole() bool {
	return l.own != "" && l.Role == "" && l.Active == nil && l.Verified == nil && l.Second == nil && l.IdleSince.IsZero()
}

// everybody selects a page of such a list. Both databases have the ID at the end of every
// index.
func (l listing) everybody() *statement {
	s := &statement{}
	bounds := l.bounds()
	if len(bounds) == 1 {
		return l.stretch(s, userTable.selected, bounds[0])
	}
	return l.around(s, func() {
		union := ""
		for _, b := range bounds {
			l.stretch(s.add(union+"SELECT * FROM ("), l.selected(), b).add(") AS walk")
			union = " UNION ALL "
		}
	})
}

// stretch selects the first people within a bound, along the order's own index.
func (l listing) stretch(s *statement, selected string, b *statement) *statement {
	use := l.dialect.UseKey
	if l.own != "id" {
		use = fmt.Sprintf(l.dialect.UseIndex, l.own)
	}
	s.add("SELECT " + selected + " FROM users u" + use + " WHERE 1 = 1")
	l.limits(s)
	return s.add(b.String(), b.args...).add(" LIMIT ?", l.Limit+1)
}
