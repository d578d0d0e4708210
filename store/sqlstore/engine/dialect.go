package engine

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// A Dialect holds the SQL that differs between the two kinds of database.
type Dialect struct {
	Name string // also the folder of its migrations
	// ForUpdate ends a SELECT that locks its rows. It is empty for SQLite, where a
	// transaction excludes other writers from its start.
	ForUpdate string
	// ForUpdateOfFree locks only the rows that are not locked yet.
	ForUpdateOfFree string
	// JoinInOrder joins tables in the order in which they are written.
	JoinInOrder string
	// UseIndex makes a SELECT use the named index. Neither optimizer can tell that a
	// LIMIT makes one index right and the others a hundred times as expensive.
	UseIndex string
	// Now is the database's clock in Unix milliseconds; empty: use Options.Now.
	Now string
	// prepares is true if single statements are prepared once and kept.
	prepares bool
}

func mysqlDialect() Dialect {
	return Dialect{
		Name: "mysql", ForUpdate: " FOR UPDATE", ForUpdateOfFree: " FOR UPDATE SKIP LOCKED",
		JoinInOrder: "STRAIGHT_JOIN", UseIndex: " FORCE INDEX (%s)",
		Now: "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
	}
}

func sqliteDialect() Dialect {
	return Dialect{Name: "sqlite", prepares: true, JoinInOrder: "CROSS JOIN", UseIndex: " INDEXED BY %s"}
}

// Replace ends an INSERT that overwrites these columns of a row that has the key already.
func (d Dialect) Replace(key string, columns ...string) string {
	end, value := " ON CONFLICT ("+key+") DO UPDATE SET ", "%s = excluded.%[1]s"
	if d.Name == "mysql" {
		end, value = " ON DUPLICATE KEY UPDATE ", "%s = VALUES(%[1]s)"
	}
	for i, column := range columns {
		if i > 0 {
			end += ", "
		}
		end += fmt.Sprintf(value, column)
	}
	return end
}

// Raise ends an INSERT of a number and a time. If a row has the key already, both grow:
// the number by one at least.
func (d Dialect) Raise(key, number, at string) string {
	end, value, greatest := " ON CONFLICT ("+key+") DO UPDATE SET ", "excluded.%s", "MAX"
	if d.Name == "mysql" {
		end, value, greatest = " ON DUPLICATE KEY UPDATE ", "VALUES(%s)", "GREATEST"
	}
	return end + number + " = " + greatest + "(" + number + " + 1, " + fmt.Sprintf(value, number) + "), " +
		at + " = " + greatest + "(" + at + ", " + fmt.Sprintf(value, at) + ")"
}

// gormConfig silences gorm's logger, which would show parameters, hashes among them,
// and turns off its own transactions, since only Transact begins one.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		PrepareStmtMaxSize:     preparedMax,
	}
}

// preparedMax is how many statements each connection keeps prepared. Hot paths need a
// few dozen.
const preparedMax = 100

// connected sets the handles of the pools. Single statements on SQLite are prepared
// once for each connection. Statements in transactions are not, because gorm's cache
// would prepare them anew each time. Nor are statements for MySQL: the driver sends
// each in one round trip, while gorm's cache makes all callers wait for the one that
// prepares a statement, however little time they have left. If the server hung, they
// would then try one after the other.
func (d *DB) connected(reading, writing *gorm.DB) {
	prepared := &gorm.Session{PrepareStmt: d.Dialect.prepares}
	d.reader, d.writer, d.tx = reading.Session(prepared), writing.Session(prepared), writing
	d.moving = d.writer
}

// ClockSQL returns an SQL expression for the time in Unix milliseconds, and its arguments.
func (d *DB) ClockSQL() (string, []any) {
	if d.Dialect.Now != "" {
		return d.Dialect.Now, nil
	}
	return "?", []any{d.options.Now().UnixMilli()}
}
