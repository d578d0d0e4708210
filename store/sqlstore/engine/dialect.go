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
	// UseKey makes a SELECT use the primary key, which is an INTEGER.
	UseKey string
	// Now is the database's clock in Unix milliseconds; empty: use Options.Now.
	Now string
}

func mysqlDialect() Dialect {
	return Dialect{
		Name: "mysql", ForUpdate: " FOR UPDATE", ForUpdateOfFree: " FOR UPDATE SKIP LOCKED",
		JoinInOrder: "STRAIGHT_JOIN", UseIndex: " FORCE INDEX (%s)", UseKey: " FORCE INDEX (PRIMARY)",
		Now: "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
	}
}

func sqliteDialect() Dialect {
	return Dialect{Name: "sqlite", JoinInOrder: "CROSS JOIN", UseIndex: " INDEXED BY %s", UseKey: " NOT INDEXED"}
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

// Add ends an INSERT that adds this number to that of a row that has the key already.
func (d Dialect) Add(key, number string) string {
	if d.Name == "mysql" {
		return " ON DUPLICATE KEY UPDATE " + number + " = " + number + " + VALUES(" + number + ")"
	}
	return " ON CONFLICT (" + key + ") DO UPDATE SET " + number + " = " + number + " + excluded." + number
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
	}
}

// ClockSQL returns an SQL expression for the time in Unix milliseconds, and its arguments.
func (d *DB) ClockSQL() (string, []any) {
	if d.Dialect.Now != "" {
		return d.Dialect.Now, nil
	}
	return "?", []any{d.options.Now().UnixMilli()}
}
