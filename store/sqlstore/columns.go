package sqlstore

import (
	"cmp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"gatehouse/store/sqlstore/engine"
)

// A column maps a column of a table to a field of the record R.
type column[R any] struct {
	name string
	// field points into the record: a SELECT writes the value there, and an INSERT
	// reads it there.
	field func(*R) any
	// selected is the expression that a SELECT reads; empty: the column is only written.
	selected string
	// given is true if the database sets the value: the column is only read.
	given bool
	// most is how many bytes of a text from outside are kept; 0: all of them.
	most int
	// mark is what an INSERT or UPDATE writes in place of "?", and marked returns the
	// values of its question marks.
	mark   string
	marked func(*R) several
}

// several holds the values of as many question marks.
type several []any

func col[R any](name string, field func(*R) any) column[R] {
	return column[R]{name: name, field: field, selected: "%s" + name}
}

// written is for a column that no SELECT reads: the caller knows its value, or it
// follows from other columns.
func (c column[R]) written() column[R] { c.selected = ""; return c }

// byDatabase is for a column that no INSERT names.
func (c column[R]) byDatabase() column[R] { c.given = true; return c }

// orEmpty is for a text that is NULL in rows older than the column.
func (c column[R]) orEmpty() column[R] { c.selected = "COALESCE(%s" + c.name + ", '')"; return c }

// upTo is for a text from outside that is kept only to be shown.
func (c column[R]) upTo(bytes int) column[R] { c.most = bytes; return c }

// as is for a column whose value the database computes from others.
func (c column[R]) as(mark string, marked func(*R) several) column[R] {
	c.mark, c.marked = mark, marked
	return c
}

// unread is for columns that are only written.
func unread[R any](columns []column[R]) []column[R] {
	for i := range columns {
		columns[i] = columns[i].written()
	}
	return columns
}

// from is for a column that a SELECT reads by an expression; %s stands for the alias.
func (c column[R]) from(selected string) column[R] { c.selected = selected; return c }

// read returns what a SELECT reads. An expression gets the name of the column: databases
// would name it by its text, and send that text with each result.
func (c column[R]) read(alias string) string {
	expression := strings.ReplaceAll(c.selected, "%s", alias)
	if expression == alias+c.name {
		return expression
	}
	return expression + " AS " + c.name
}

func (c column[R]) value(r *R) any {
	if c.marked != nil {
		return c.marked(r)
	}
	if c.most > 0 {
		return text(*c.field(r).(*string), c.most)
	}
	return c.field(r)
}

// within turns the columns of P, which is a part of the record R, into columns of R.
func within[R, P any](part func(*R) *P, columns []column[P]) []column[R] {
	var all []column[R]
	for _, c := range columns {
		field := c.field
		all = append(all, column[R]{name: c.name, field: func(r *R) any { return field(part(r)) }, selected: c.selected, given: c.given, most: c.most})
	}
	return all
}

// A table keeps the records R. Its SQL is composed once.
type table[R any] struct {
	read, write []column[R]
	// selected are the columns that a SELECT reads into dest.
	selected string
	// inserted is an INSERT of one record; another is appended for each further one.
	inserted, another string
	// insertedIf is an INSERT of one record under the condition that follows.
	insertedIf string
	// set is for an UPDATE: "a = ?, b = ?".
	set string
}

// tableOf describes a table. The alias, which ends with a dot or is empty, names it in
// SELECTs.
func tableOf[R any](name, alias string, columns []column[R]) *table[R] {
	t := &table[R]{}
	var selected, names, sets, marks []string
	for _, c := range columns {
		if c.selected != "" {
			t.read, selected = append(t.read, c), append(selected, c.read(alias))
		}
		if !c.given {
			mark := cmp.Or(c.mark, "?")
			t.write, names, marks, sets = append(t.write, c), append(names, c.name), append(marks, mark), append(sets, c.name+" = "+mark)
		}
	}
	t.selected, t.set = strings.Join(selected, ", "), strings.Join(sets, ", ")
	insert, values := "INSERT INTO "+name+" ("+strings.Join(names, ", ")+") ", strings.Join(marks, ", ")
	t.inserted, t.another = insert+"VALUES ("+values+")", ", ("+values+")"
	t.insertedIf = insert + "SELECT " + values + " FROM (SELECT 1) AS one WHERE "
	return t
}

// part selects the named columns, in that order, for an UPDATE to write.
func part[R any](columns []column[R], names ...string) *table[R] {
	return tableOf("", "", pick(columns, names))
}

// pick returns the named columns, in that order.
func pick[R any](columns []column[R], names []string) []column[R] {
	some := make([]column[R], 0, len(names))
	for _, name := range names {
		i := slices.IndexFunc(columns, func(c column[R]) bool { return c.name == name })
		some = append(some, columns[i])
	}
	return some
}

// namesOf returns the names of columns, as part takes them.
func namesOf[R any](columns []column[R]) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

// dest returns the destinations of a SELECT of the columns, followed by more.
func (t *table[R]) dest(r *R, more ...any) []any {
	dest := make([]any, 0, len(t.read)+len(more))
	for i := range t.read {
		dest = append(dest, t.read[i].field(r))
	}
	return append(dest, more...)
}

// values returns the values that are written of a record, followed by more.
func (t *table[R]) values(r *R, more ...any) []any {
	values := make([]any, 0, len(t.write)+len(more))
	for i := range t.write {
		switch value := t.write[i].value(r).(type) {
		case several:
			values = append(values, value...)
		default:
			values = append(values, value)
		}
	}
	return append(values, more...)
}

// all reads every record that the query returns. Each is read into the same place, emptied
// before, and copied from there: destinations for every one of them would be most of what a
// list allocates.
func (t *table[R]) all(db *gorm.DB, query string, args ...any) ([]R, error) {
	return t.about(0, db, query, args...)
}

// about is all for a query that usually returns so many records.
func (t *table[R]) about(many int, db *gorm.DB, query string, args ...any) (records []R, err error) {
	var r, empty R
	dest := t.dest(&r)
	err = engine.Rows(db, query, args, func(s engine.Scanner) error {
		r = empty
		if err := s.Scan(dest...); err != nil {
			return err
		}
		if records == nil {
			records = make([]R, 0, many)
		}
		records = append(records, r)
		return nil
	})
	return records, err
}

// add inserts records, in one statement.
func (t *table[R]) add(db *gorm.DB, records ...R) error {
	_, err := t.insert(db, records...)
	return err
}

// put adds records; rest says what to do with those that exist already.
func (t *table[R]) put(db *gorm.DB, rest string, records ...R) error {
	_, err := t.insertOr(db, rest, records)
	return err
}

// insert adds records and returns the ID that the database gave the last one.
func (t *table[R]) insert(db *gorm.DB, records ...R) (int64, error) {
	return t.insertOr(db, "", records)
}

func (t *table[R]) insertOr(db *gorm.DB, rest string, records []R) (int64, error) {
	values := t.values(&records[0])
	for i := range records[1:] {
		values = append(values, t.values(&records[1+i])...)
	}
	return engine.Insert(db, t.inserted+strings.Repeat(t.another, len(records)-1)+rest, values...)
}
