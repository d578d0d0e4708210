package engine

import (
	"context"
	"crypto/fips140"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"

	"gatehouse/store/breaker"
)

func openMySQL(_ context.Context, o Options, at Place) (*DB, error) {
	c, err := connector(mysqlConfig(o, at))
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(preparing{c})
	pool.SetMaxOpenConns(o.MaxConns)
	pool.SetMaxIdleConns(o.MaxConns)
	pool.SetConnMaxLifetime(5 * time.Minute)
	db, err := gorm.Open(gormmysql.New(gormmysql.Config{
		Conn: pool, SkipInitializeWithVersion: true, DisableWithReturning: true,
	}), gormConfig())
	if err != nil {
		return nil, fmt.Errorf("preparing the database: %w", closing(pool, err))
	}
	d := &DB{
		options: o, Dialect: mysqlDialect(),
		pool: pool, present: func() error { return nil },
		breaker: breaker.New(breaker.Options{Name: "the database", Hangs: hangs(c), Timeout: o.Timeout / 2, LongestPause: 2 * time.Second, Log: o.Log}),
	}
	d.reader, d.writer, d.moving = db, db, db
	d.closers = append(d.closers, pool, d.breaker)
	d.patient = func(context.Context) (*sql.DB, error) { return patientMySQL(o, at) }
	return d, nil
}

// hangs returns the breaker's probe: it opens a separate connection, which runs
// statements to set itself up. The pool's connections may all be running slow statements.
func hangs(c driver.Connector) func(context.Context) bool {
	return func(ctx context.Context) bool {
		conn, err := c.Connect(ctx)
		if err == nil {
			_ = conn.Close() // the server has answered
		}
		return err != nil && ctx.Err() != nil
	}
}

// patientMySQL opens a pool that waits as long as its context allows, for another
// replica's migration or for a change to a big table.
func patientMySQL(o Options, at Place) (*sql.DB, error) {
	config := mysqlConfig(o, at)
	config.ReadTimeout, config.WriteTimeout = 0, 0
	c, err := connector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// connectTimeout limits how long it takes to open a connection and set it up.
const connectTimeout = 2 * time.Second

// mysqlConfig lets the driver write parameters into the text of a statement that is not
// prepared, so that it takes one round trip. In utf8mb4 this is safe.
func mysqlConfig(o Options, at Place) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.Passwd = at.user, at.password
	config.Net, config.Addr, config.DBName = at.network, at.address, at.database
	config.TLS, config.TLSConfig = at.tls, at.tlsMode
	config.Collation = "utf8mb4_bin"
	config.InterpolateParams = true
	config.ClientFoundRows = true // an UPDATE to the same values must count as a match
	config.Timeout = connectTimeout
	config.ReadTimeout = 5 * time.Second
	config.WriteTimeout = 5 * time.Second
	config.Logger = driverLog{o.Log}
	config.Params = map[string]string{
		"sql_mode":  "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"time_zone": "'+00:00'", // the clock change in autumn would make NOW() ambiguous as Unix time
		// A server may guard people at a prompt from changes without a key, long answers
		// and big joins. Each would refuse or cut short some of our statements.
		"sql_safe_updates": "0", "sql_select_limit": "18446744073709551615", "sql_big_selects": "1",
		// The server does not notice when a client gives up waiting for a lock.
		"innodb_lock_wait_timeout": "2",
	}
	return config
}

// connector makes connections at the level READ COMMITTED. Without gap locks there are
// fewer deadlocks, and every decision here is made by one statement or on locked rows.
func connector(config *mysql.Config) (driver.Connector, error) {
	inner, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("the database URL: %w", err)
	}
	return readCommitted{inner}, nil
}

type readCommitted struct{ driver.Connector }

// Connect implements driver.Connector. MySQL and MariaDB have different variables for
// the isolation level, so it cannot be one of Params.
//
// Connect has its own time-out, since package sql also connects without a caller.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var conn driver.Conn
	var err error
	// An account's password crosses a connection hashed with SHA-1 (mysql_native_password,
	// which MariaDB greets everybody with). TLS is what protects it, and keeps to FIPS 140-3
	// nevertheless.
	fips140.WithoutEnforcement(func() { conn, err = c.Connector.Connect(ctx) })
	if err != nil {
		return nil, err
	}
	// Every connection of this driver is an ExecerContext.
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		return nil, closing(conn, err)
	}
	return conn, nil
}

// driverLog keeps the driver's remarks out of standard error.
type driverLog struct{ log *slog.Logger }

// Print implements mysql.Logger.
func (l driverLog) Print(v ...any) { l.log.Debug("mysql driver", "remark", fmt.Sprint(v...)) }
