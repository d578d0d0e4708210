package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

const (
	rowsPerStatement  = 500 // 20 columns of them stay below SQLite's 32,766 parameters
	rowsPerCommit     = 50_000
	statementsAtATime = rowsPerCommit / rowsPerStatement
)

// insert writes rows 0 to n-1; row appends the values of one.
func (f filler) insert(table, columns string, n int, row func(i int, args []any) []any) error {
	for from := 0; from < n; from += rowsPerCommit {
		if err := f.insertSome(table, columns, from, min(from+rowsPerCommit, n), row); err != nil {
			return fmt.Errorf("rows of %s from %d on: %w", table, from, err)
		}
	}
	return nil
}

// insertSome writes rows from to to-1 in one transaction.
func (f filler) insertSome(table, columns string, from, to int, row func(i int, args []any) []any) error {
	tx, err := f.db.BeginTx(f.ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	run, err := f.runner(tx, table, columns, min(rowsPerStatement, to-from))
	if err != nil {
		return err
	}
	var args []any
	for ; from < to; from += rowsPerStatement {
		last := min(from+rowsPerStatement, to)
		args = args[:0]
		for i := from; i < last; i++ {
			args = row(i, args)
		}
		if err := run(last-from, args); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// runner returns the function that inserts some rows at once. It prepares the
// statement for the usual number of rows where that helps.
func (f filler) runner(tx *sql.Tx, table, columns string, usual int) (func(rows int, args []any) error, error) {
	var prepared *sql.Stmt
	if f.dialect.prepares {
		var err error
		if prepared, err = tx.PrepareContext(f.ctx, insertStatement(table, columns, usual)); err != nil { //nolint:sqlclosecheck // it ends with its transaction
			return nil, err
		}
	}
	return func(rows int, args []any) error {
		if prepared != nil && rows == usual {
			_, err := prepared.ExecContext(f.ctx, args...)
			return err
		}
		_, err := tx.ExecContext(f.ctx, insertStatement(table, columns, rows), args...)
		return err
	}, nil
}

func insertStatement(table, columns string, rows int) string {
	one := "(?" + strings.Repeat(",?", strings.Count(columns, ",")) + ")"
	return "INSERT INTO " + table + " (" + columns + ") VALUES " + one + strings.Repeat(","+one, rows-1)
}

// A dialect says how to fill a database fast, and restores its settings afterwards.
type dialect struct {
	prepares      bool
	partitions    bool // of the audit log
	before, after []string
	// indexes returns the statements that drop and restore those indexes of a table
	// that are not needed while it is filled.
	indexes func(ctx context.Context, db *sql.DB, table string) (drop, create []string, err error)
}

var dialects = map[string]dialect{
	"sqlite": {prepares: true, after: []string{"PRAGMA journal_mode(WAL)"}, indexes: sqliteIndexes},
	"mysql": {
		partitions: true,
		before:     []string{"SET unique_checks = 0", "SET foreign_key_checks = 0", "SET GLOBAL innodb_flush_log_at_trx_commit = 2"},
		after:      []string{"SET GLOBAL innodb_flush_log_at_trx_commit = 1", "ANALYZE TABLE users, user_names, sessions, browser_sessions, consents, auth_codes, audit_log"}, indexes: mysqlIndexes,
	},
}

// sqliteIndexes handles the indexes that a statement made; the others belong to the
// table.
func sqliteIndexes(ctx context.Context, db *sql.DB, table string) (drop, create []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", table)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, nil, err
		}
		drop, create = append(drop, "DROP INDEX "+name), append(create, definition)
	}
	return drop, create, rows.Err()
}

// mysqlIndexes handles all indexes but the primary key: one statement drops them, and
// one restores them.
func mysqlIndexes(ctx context.Context, db *sql.DB, table string) (drop, create []string, err error) {
	var name, definition string
	if err := db.QueryRowContext(ctx, "SHOW CREATE TABLE "+table).Scan(&name, &definition); err != nil {
		return nil, nil, err
	}
	var drops, adds []string
	for line := range strings.Lines(definition) {
		line = strings.TrimRight(strings.TrimSpace(line), ",")
		if !strings.HasPrefix(line, "KEY ") && !strings.HasPrefix(line, "UNIQUE KEY ") {
			continue
		}
		drops = append(drops, "DROP KEY "+strings.Split(line, "`")[1])
		adds = append(adds, "ADD "+line)
	}
	alter := "ALTER TABLE " + table + " "
	return []string{alter + strings.Join(drops, ", ")}, []string{alter + strings.Join(adds, ", ")}, nil
}
