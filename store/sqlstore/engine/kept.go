package engine

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// keptMax is how many statements a connection to SQLite keeps, of keptLength bytes
	// each at most. Hot paths need a few dozen.
	keptMax    = 100
	keptLength = 8 << 10
)

// keeping makes connections to SQLite that keep the statements that they have prepared,
// in transactions and outside: preparing one often takes longer than running it.
type keeping struct{ driver.Connector }

// Connect implements driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	statements, err := simplelru.NewLRU(keptMax, func(_ string, s *kept) { s.drop() })
	if err != nil {
		return nil, closing(inner, err)
	}
	return &keeper{inner.(anyConn), statements}, nil //nolint:forcetypeassert // every connection of this driver is one
}

// anyConn is what package sql uses of a connection, whatever its database, and anyStmt of a
// statement.
type anyConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type anyStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A keeper is a connection that keeps its statements. One goroutine uses it at a time.
type keeper struct {
	anyConn
	statements *simplelru.LRU[string, *kept]
}

// Close implements driver.Conn.
func (c *keeper) Close() error {
	c.statements.Purge()
	return c.anyConn.Close()
}

// ExecContext implements driver.ExecerContext.
func (c *keeper) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if s := c.statement(ctx, text); s != nil {
		return s.ExecContext(ctx, args)
	}
	return c.anyConn.ExecContext(ctx, text, args)
}

// QueryContext implements driver.QueryerContext.
func (c *keeper) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s := c.statement(ctx, text)
	if s == nil {
		return c.anyConn.QueryContext(ctx, text, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.read = true
	return keptRows{rows, s}, nil
}

// statement returns the statement of the text, or nil if the text has to be run without
// keeping it.
func (c *keeper) statement(ctx context.Context, text string) *kept {
	if s, found := c.statements.Get(text); found {
		if s.read {
			return nil
		}
		return s
	}
	if !keepable(text) {
		return nil
	}
	inner, err := c.PrepareContext(ctx, unplanned(text))
	if err != nil {
		return nil // running it returns the error
	}
	s := &kept{anyStmt: inner.(anyStmt)} //nolint:forcetypeassert // every statement of this driver is one
	c.statements.Add(text, s)
	return s
}

// unplanned keeps the limits within an INSERT out of its plan. SQLite prepares a statement
// again when a parameter changes that is a limit, and counts all parameters beyond the
// 31st as one.
func unplanned(text string) string {
	if strings.HasPrefix(text, "INSERT ") {
		return strings.ReplaceAll(text, "LIMIT ?", "LIMIT ? + 0")
	}
	return text
}

// keepable reports whether a statement of that text does all its work whenever it runs.
// Some PRAGMAs work when they are prepared.
func keepable(text string) bool {
	verb, _, _ := strings.Cut(text, " ")
	switch verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE":
		return len(text) <= keptLength
	}
	return false
}

// A kept statement runs again and again, but not while its rows are read.
type kept struct {
	anyStmt
	read, dropped bool
}

// drop closes the statement, now or when its rows have been read. Its last run has
// reported any error already.
func (s *kept) drop() {
	if s.dropped = true; !s.read {
		_ = s.Close()
	}
}

// keptRows are the rows of a kept statement.
type keptRows struct {
	driver.Rows
	statement *kept
}

// Close implements driver.Rows.
func (r keptRows) Close() error {
	err := r.Rows.Close()
	if r.statement.read = false; r.statement.dropped {
		r.statement.drop()
	}
	return err
}
