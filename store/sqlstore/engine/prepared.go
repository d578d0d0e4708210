package engine

import (
	"context"
	"database/sql/driver"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// preparedMax is how many statements a connection to MySQL knows. Hot paths need two dozen;
// each takes some 40 KB of the server while it is prepared.
const preparedMax = 40

// preparing makes connections to MySQL that prepare the statements that they run again:
// parsing one, and describing its columns, takes the server longer than running it
// (docs/decisions/0041).
//
// A connection prepares for itself, within the time of the caller that it serves, so nobody
// waits for another caller's preparation.
type preparing struct{ driver.Connector }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	known, err := simplelru.NewLRU(preparedMax, func(_ string, s *prepared) { s.close() })
	if err != nil {
		return nil, closing(inner, err)
	}
	return &preparer{inner.(mysqlConn), known}, nil //nolint:forcetypeassert // every connection of this driver is one
}

// mysqlConn is what package sql uses of a connection to MySQL.
type mysqlConn interface {
	anyConn
	driver.NamedValueChecker
}

// A preparer is a connection that knows the texts that it has run. One goroutine uses it at
// a time, and has read the rows of one statement before it runs another.
type preparer struct {
	mysqlConn
	known *simplelru.LRU[string, *prepared]
}

// A prepared statement is nil inside while its text has been run only once, and for good
// once the server would not prepare it.
type prepared struct {
	anyStmt
	refused bool
}

func (s *prepared) close() {
	if s.anyStmt != nil {
		_ = s.Close() // sent, not answered
	}
}

// ExecContext implements driver.ExecerContext.
func (c *preparer) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if s := c.statement(ctx, text); s != nil {
		if done, err := s.ExecContext(ctx, args); !c.forgotten(text, err) {
			return done, err
		}
	}
	return c.mysqlConn.ExecContext(ctx, text, args)
}

// QueryContext implements driver.QueryerContext.
func (c *preparer) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if s := c.statement(ctx, text); s != nil {
		if rows, err := s.QueryContext(ctx, args); !c.forgotten(text, err) {
			return rows, err
		}
	}
	return c.mysqlConn.QueryContext(ctx, text, args)
}

// statement returns the statement of a text that has been run before, or nil if the text has
// to be run as it is. Many texts come once: lists of every length, filters of every kind.
func (c *preparer) statement(ctx context.Context, text string) *prepared {
	if !keepable(text) {
		return nil
	}
	s, again := c.known.Get(text)
	switch {
	case !again:
		c.known.Add(text, &prepared{})
		return nil
	case s.anyStmt != nil:
		return s
	case s.refused:
		return nil
	}
	inner, err := c.PrepareContext(ctx, text)
	if err != nil { // the server has max_prepared_stmt_count, or is away
		s.refused = true
		return nil
	}
	s.anyStmt = inner.(anyStmt) //nolint:forcetypeassert // every statement of this driver is one
	return s
}

// forgotten reports whether a statement was not run, because the server no longer knows it,
// or could not prepare it once more after a change of the schema.
func (c *preparer) forgotten(text string, err error) bool {
	if !numbered(err, 1243, 1615) {
		return false
	}
	c.known.Remove(text)
	c.known.Add(text, &prepared{refused: true})
	return true
}
