package sqlstore

import (
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// A dialect is what the two kinds of database say differently.
type dialect struct {
	name string // also the folder of its migrations
	// forUpdate ends a SELECT that locks its rows. A transaction in SQLite is
	// the only one that writes, from its beginning.
	forUpdate string
	// forUpdateOfFree locks those rows alone that nobody has locked.
	forUpdateOfFree string
	// joinInOrder joins tables in the order in which they are written.
	joinInOrder string
	// useIndex makes a SELECT use the index of that name. Neither optimizer can
	// know that a LIMIT makes one of them right and the others a hundred times
	// as expensive.
	useIndex string
	// now is the database's clock in Unix milliseconds, or empty: Options.Now.
	now string
	// prepares: single statements are prepared once and kept.
	prepares bool
}

func mysqlDialect() dialect {
	return dialect{
		name: "mysql", forUpdate: " FOR UPDATE", forUpdateOfFree: " FOR UPDATE SKIP LOCKED",
		joinInOrder: "STRAIGHT_JOIN", useIndex: " FORCE INDEX (%s)",
		now: "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
	}
}

func sqliteDialect() dialect {
	return dialect{name: "sqlite", prepares: true, joinInOrder: "CROSS JOIN", useIndex: " INDEXED BY %s"}
}

// gormConfig: the logger is silent because it would show parameters, and
// hashes are among them; transactions are begun by Write alone.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		PrepareStmtMaxSize:     preparedMax,
	}
}

// preparedMax is how many statements each connection keeps prepared. Those on hot
// paths are few dozens.
const preparedMax = 100

// connected puts the handles over the pools. Single statements on SQLite are
// prepared once for each connection. Those in transactions are not: gorm's cache
// would prepare them anew each time. Nor are MySQL's: the driver sends each in one
// round trip, and at gorm's cache everybody waits for whoever prepares a statement,
// however little time he has left himself. With a server that hangs, each of them
// would then try in turn.
func (d *DB) connected(reading, writing *gorm.DB) {
	prepared := &gorm.Session{PrepareStmt: d.dialect.prepares}
	d.reader, d.writer, d.tx = reading.Session(prepared), writing.Session(prepared), writing
	d.moving = d.writer
}

// clock is the time as SQL, with its arguments.
func (d *DB) clock() (string, []any) {
	if d.dialect.now != "" {
		return d.dialect.now, nil
	}
	return "?", []any{d.options.Now().UnixMilli()}
}
