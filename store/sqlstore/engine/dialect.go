package engine

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// A Dialect is what the two kinds of database say differently.
type Dialect struct {
	Name string // also the folder of its migrations
	// ForUpdate ends a SELECT that locks its rows. A transaction in SQLite is
	// the only one that writes, from its beginning.
	ForUpdate string
	// ForUpdateOfFree locks only the rows that are not locked yet.
	ForUpdateOfFree string
	// JoinInOrder joins tables in the order in which they are written.
	JoinInOrder string
	// UseIndex makes a SELECT use the index of that name. Neither optimizer can
	// know that a LIMIT makes one of them right and the others a hundred times
	// as expensive.
	UseIndex string
	// Now is the database's clock in Unix milliseconds, or empty: Options.Now.
	Now string
	// prepares: single statements are prepared once and kept.
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

// Replace ends an INSERT that, where a row has the key already, writes these columns of
// that row.
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

// Keep ends an INSERT that changes nothing where a row has the key already.
func (d Dialect) Keep(key string) string {
	if d.Name == "mysql" {
		return " ON DUPLICATE KEY UPDATE " + key + " = " + key
	}
	return " ON CONFLICT DO NOTHING"
}

// gormConfig: the logger is silent because it would show parameters, and
// hashes are among them; transactions are begun by Transact alone.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		PrepareStmtMaxSize:     preparedMax,
	}
}

// preparedMax is how many statements each connection keeps prepared. Hot paths have
// a few dozen.
const preparedMax = 100

// connected puts the handles over the pools. Single statements on SQLite are
// prepared once for each connection. Those in transactions are not: gorm's cache
// would prepare them anew each time. Nor are MySQL's: the driver sends each in one
// round trip, and at gorm's cache all callers wait for the one that prepares a
// statement, however little time it has left. If the server hangs, each of them would
// then try in turn.
func (d *DB) connected(reading, writing *gorm.DB) {
	prepared := &gorm.Session{PrepareStmt: d.Dialect.prepares}
	d.reader, d.writer, d.tx = reading.Session(prepared), writing.Session(prepared), writing
	d.moving = d.writer
}

// ClockSQL is the time as SQL, with its arguments.
func (d *DB) ClockSQL() (string, []any) {
	if d.Dialect.Now != "" {
		return d.Dialect.Now, nil
	}
	return "?", []any{d.options.Now().UnixMilli()}
}
