package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	_ "gatehouse/store/sqlstore" // registers the drivers "mysql" and "sqlite" with database/sql
)

// The account of the rig and the server on MariaDB, which listens only on this machine
// and only while the rig runs.
const (
	databaseUser     = "bench"
	databasePassword = "bench"
)

// A mariaDB is a server that the rig started.
type mariaDB struct {
	process *process
	address string
}

// startMariaDB starts mariadbd on an empty folder, with the default durability: a
// commit is on the disk before it is answered.
func startMariaDB(ctx context.Context, dir string, bufferPoolMiB int) (mariaDB, error) {
	dir = filepath.Join(dir, "mariadb")
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		return mariaDB{}, fmt.Errorf("starting MariaDB: %w", err)
	}
	if err := installMariaDB(ctx, dir); err != nil {
		return mariaDB{}, err
	}
	address, err := freeAddress()
	if err != nil {
		return mariaDB{}, err
	}
	args := append(mariaDBArgs(dir),
		"--bind-address=127.0.0.1", "--port="+portOf(address), "--socket="+filepath.Join(dir, "socket"),
		"--init-file="+filepath.Join(dir, "init.sql"), "--skip-name-resolve", "--max-connections=200",
		fmt.Sprintf("--innodb-buffer-pool-size=%dM", bufferPoolMiB), "--innodb-log-file-size=512M")
	p, err := startProcess(ctx, dir, "mariadbd", os.Environ(), "mariadbd", args...)
	if err != nil {
		return mariaDB{}, err
	}
	db := mariaDB{process: p, address: address}
	if err := p.until(ctx, 50*time.Millisecond, time.Minute, func() error { return db.exec(ctx, "SELECT 1") }); err != nil {
		return mariaDB{}, fmt.Errorf("starting MariaDB: %w", err)
	}
	return db, nil
}

// installMariaDB makes the system tables and the one account.
func installMariaDB(ctx context.Context, dir string) error {
	args := append(mariaDBArgs(dir), "--auth-root-authentication-method=normal", "--skip-test-db")
	if out, err := exec.CommandContext(ctx, "mariadb-install-db", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("installing MariaDB: %w: %.1000s", err, out)
	}
	account := fmt.Sprintf("'%s'@'127.0.0.1'", databaseUser)
	statements := fmt.Sprintf("CREATE USER IF NOT EXISTS %s IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO %s;\n", account, databasePassword, account)
	if err := os.WriteFile(filepath.Join(dir, "init.sql"), []byte(statements), 0o600); err != nil {
		return fmt.Errorf("installing MariaDB: %w", err)
	}
	return nil
}

// mariaDBArgs are the arguments that installing and running share. mariadbd runs as
// root only when told to.
func mariaDBArgs(dir string) []string {
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--tmpdir=" + dir}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	return args
}

// source returns the driver's name for a database; name may be empty. The driver
// writes parameters into the text, and allows long texts for many rows at a time.
func (db mariaDB) source(schema string) string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s?interpolateParams=true&collation=utf8mb4_bin&maxAllowedPacket=%s",
		databaseUser, databasePassword, db.address, schema, strconv.Itoa(16<<20))
}

func (db mariaDB) create(ctx context.Context, schema string) error {
	if err := db.exec(ctx, "CREATE DATABASE "+schema+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return fmt.Errorf("making a database: %w", err)
	}
	return nil
}

// exec runs one statement on a connection of its own.
func (db mariaDB) exec(ctx context.Context, statement string) error {
	pool, err := sql.Open("mysql", db.source(""))
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.ExecContext(ctx, statement)
	return err
}
