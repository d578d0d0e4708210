package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gatehouse/keys"
)

// A topology is what the server stands on.
type topology struct {
	name     string
	services []*process // whose CPU is counted beside the server's
	// counters read the services' own counts; nil if they are not counted.
	counters *counters
	// makesKey is set if the server makes its own master key.
	makesKey bool
	// place makes an empty database.
	place func(ctx context.Context, name string) (place, error)
	close func() error
}

// A place is one database, and the settings that a server needs to use it.
type place struct {
	dir       string // the server's working directory
	address   string
	database  string // GATEHOUSE_DATABASE
	redis     string // GATEHOUSE_REDIS
	masterKey keys.MasterKey
	// driver and source open the database for filling it (database/sql).
	driver, source string
}

// issuer names the host, because a relying party of passkeys is not an IP address.
func (p place) issuer() string { return "http://localhost:" + portOf(p.address) }

// environment returns all settings of the server and the command line. The log goes to
// a file, as it would in production, so the figures include its cost.
func (p place) environment() []string {
	settings := []string{
		"GATEHOUSE_ADDR=" + p.address,
		"GATEHOUSE_ISSUER=" + p.issuer(),
		"GATEHOUSE_DATABASE=" + p.database,
		"GATEHOUSE_REDIS=" + p.redis,
	}
	if !p.masterKey.IsZero() {
		settings = append(settings, "GATEHOUSE_MASTER_KEY="+p.masterKey.Reveal())
	}
	return settings
}

// newPlace makes the parts that every place has.
func newPlace(dir, name string) (place, error) {
	p := place{dir: filepath.Join(dir, name), masterKey: keys.NewMasterKey()}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return p, fmt.Errorf("making a place for a server: %w", err)
	}
	var err error
	p.address, err = freeAddress()
	return p, err
}

// sqliteTopology is one server on one file.
func sqliteTopology(dir string) *topology {
	return &topology{
		name: "SQLite", makesKey: true,
		place: func(_ context.Context, name string) (place, error) {
			p, err := newPlace(dir, "sqlite-"+name)
			file := filepath.Join(p.dir, "gatehouse.db")
			p.database = "sqlite:" + file
			p.driver, p.source = "sqlite", "file:"+file+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-262144)"
			return p, err
		},
		close: func() error { return nil },
	}
}

// mariaDBTopology is one server on MariaDB and Redis, each on this machine.
func mariaDBTopology(ctx context.Context, dir string, bufferPoolMiB int) (t *topology, err error) {
	t = &topology{name: "MariaDB and Redis"}
	var closers []func() error
	t.close = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	db, err := startMariaDB(ctx, dir, bufferPoolMiB)
	if err != nil {
		return nil, err
	}
	closers = append(closers, db.process.stop)
	redis, err := startRedis(ctx, dir)
	if err != nil {
		return nil, err
	}
	closers = append(closers, redis.process.stop)
	t.services = []*process{db.process, redis.process}
	t.counters, err = newCounters(ctx, db, redis)
	if err != nil {
		return nil, err
	}
	closers = append([]func() error{t.counters.close}, closers...)
	places := 0
	t.place = func(ctx context.Context, name string) (place, error) {
		places++
		return mariaDBPlace(ctx, dir, name, db, redis, places)
	}
	return t, nil
}

// mariaDBPlace makes a new database and empties Redis, where each place has one of the
// sixteen databases in turn: two servers that are compared do not see each other's.
func mariaDBPlace(ctx context.Context, dir, name string, db mariaDB, redis redisServer, nth int) (place, error) {
	p, err := newPlace(dir, "mariadb-"+name)
	if err != nil {
		return p, err
	}
	schema := "gatehouse_" + name
	if err := db.create(ctx, schema); err != nil {
		return p, err
	}
	if err := redis.forget(ctx); err != nil {
		return p, err
	}
	p.database = fmt.Sprintf("mysql://%s:%s@%s/%s", databaseUser, databasePassword, db.address, schema)
	p.redis = fmt.Sprintf("redis://%s/%d", redis.address, nth%16)
	p.driver, p.source = "mysql", db.source(schema)
	return p, nil
}
