package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// counts are the back-ends' requests so far, or in some period.
type counts struct {
	// queries are round trips to SQL: statements, and preparations of statements.
	queries int64
	// trips are round trips to Redis, and commands what they carried: a script is
	// one trip, and each call in it is a command.
	trips, commands int64
}

func (c counts) plus(d counts) counts {
	return counts{c.queries + d.queries, c.trips + d.trips, c.commands + d.commands}
}

func (c counts) minus(d counts) counts {
	return counts{c.queries - d.queries, c.trips - d.trips, c.commands - d.commands}
}

// counters read the counts that MariaDB and Redis keep, each over one connection that
// stays open.
type counters struct {
	pool  *sql.DB
	sql   *sql.Conn
	redis *redisConn
	own   counts // what one reading adds
}

func newCounters(ctx context.Context, db mariaDB, redis redisServer) (*counters, error) {
	c := &counters{}
	var err error
	if c.pool, err = sql.Open("mysql", db.source("")); err != nil {
		return nil, fmt.Errorf("opening the counters: %w", err)
	}
	if c.sql, err = c.pool.Conn(ctx); err != nil {
		return nil, fmt.Errorf("opening the counters: %w", errors.Join(err, c.pool.Close()))
	}
	if c.redis, err = dialRedis(redis.address); err != nil {
		return nil, fmt.Errorf("opening the counters: %w", errors.Join(err, c.pool.Close()))
	}
	return c, c.learnOwn(ctx)
}

// learnOwn reads twice while the back-ends get no other requests.
func (c *counters) learnOwn(ctx context.Context) error {
	first, err := c.read(ctx)
	if err != nil {
		return err
	}
	second, err := c.read(ctx)
	c.own = second.minus(first)
	return err
}

func (c *counters) close() error {
	return errors.Join(c.redis.close(), c.sql.Close(), c.pool.Close())
}

func (c *counters) read(ctx context.Context) (found counts, err error) {
	if found.queries, err = c.questions(ctx); err != nil {
		return found, fmt.Errorf("reading MariaDB's counters: %w", err)
	}
	info, err := c.redis.do("INFO stats")
	if err != nil {
		return found, fmt.Errorf("reading Redis's counters: %w", err)
	}
	found.trips, found.commands = field(info, "total_reads_processed"), field(info, "total_commands_processed")
	return found, nil
}

// questions returns the number of round trips. MariaDB's Questions includes executed
// prepared statements, but neither pings nor preparations, which are round trips, too.
func (c *counters) questions(ctx context.Context) (n int64, err error) {
	rows, err := c.sql.QueryContext(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_stmt_prepare')")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			return 0, err
		}
		n += value
	}
	return n, rows.Err()
}

// field returns a number of Redis's INFO, or 0.
func field(info, name string) int64 {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+":"); found {
			n, err := strconv.ParseInt(value, 10, 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}
