package engine

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gatehouse/internal/test/testdb"
)

// preparedPool is a pool of one connection, so that all statements meet in one preparer.
func preparedPool(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	at, err := ParseDSN(dsn)
	if err != nil {
		t.Fatalf("parsing the DSN: %v", err)
	}
	c, err := connector(mysqlConfig(Options{}.WithDefaults(), at))
	if err != nil {
		t.Fatalf("making the connector: %v", err)
	}
	pool := sql.OpenDB(preparing{c})
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Errorf("closing the pool: %v", err)
		}
	})
	pool.SetMaxOpenConns(1)
	return pool
}

// preparations returns how many statements the connection has prepared.
func preparations(t *testing.T, pool *sql.DB) (n int) {
	t.Helper()
	var name string
	if err := pool.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &n); err != nil {
		t.Fatalf("reading the counter: %v", err)
	}
	return n
}

func wantSum(t *testing.T, pool *sql.DB, text string, a, b int) {
	t.Helper()
	var sum int
	if err := pool.QueryRowContext(t.Context(), text, a, b).Scan(&sum); err != nil || sum != a+b {
		t.Errorf("%s with %d and %d = %d, %v, want %d", text, a, b, sum, err, a+b)
	}
}

// TestAStatementThatRunsAgainIsPrepared, once, and one that comes once is not.
func TestAStatementThatRunsAgainIsPrepared(t *testing.T) {
	pool := preparedPool(t, testdb.MySQL(t))
	for i, want := range []int{0, 1, 1, 1} {
		wantSum(t, pool, "SELECT ? + ?", i, 3)
		if n := preparations(t, pool); n != want {
			t.Errorf("after run %d: %d statements prepared, want %d", i+1, n, want)
		}
	}
	for i := range 2 * preparedMax {
		wantSum(t, pool, fmt.Sprintf("SELECT ? + ? + %d - %[1]d", i), i, 3)
	}
	if n := preparations(t, pool); n != 1 {
		t.Errorf("after texts that came once: %d statements prepared, want 1", n)
	}
	wantSum(t, pool, "SELECT ? + ?", 4, 5)
	wantSum(t, pool, "SELECT ? + ?", 6, 7)
	if n := preparations(t, pool); n != 2 {
		t.Errorf("after so many others: %d statements prepared, want 2: the first was dropped", n)
	}
}

// TestAServerThatPreparesNothing runs the texts: its max_prepared_stmt_count may be used up.
func TestAServerThatPreparesNothing(t *testing.T) {
	server := testdb.StartMySQL(t, "--max-prepared-stmt-count=0")
	pool := preparedPool(t, server.DSN)
	for i := range 4 {
		wantSum(t, pool, "SELECT ? + ?", i, 3)
	}
}

// TestAPreparedStatementAfterAChangeOfTheSchema returns what the new schema holds, also in a
// transaction, and into a table that was made anew.
func TestAPreparedStatementAfterAChangeOfTheSchema(t *testing.T) {
	pool := preparedPool(t, testdb.MySQL(t))
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := pool.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("running %s: %v", statement, err)
		}
	}
	for columns, change := range []string{
		"", "CREATE TABLE t (a BIGINT NOT NULL)", "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'new'",
		"ALTER TABLE t MODIFY a TEXT NOT NULL, ADD COLUMN c BINARY(3) NOT NULL DEFAULT 'abc'",
	} {
		if change == "" {
			continue
		}
		exec(change)
		for i := range 3 {
			exec("INSERT INTO t (a) VALUES (?)", i)
			if got := columnsOf(t, pool, "SELECT * FROM t"); len(got) != columns {
				t.Errorf("after %s there are the columns %v, want %d", change, got, columns)
			}
		}
	}
	exec("DROP TABLE t")
	exec("CREATE TABLE t (a TEXT NOT NULL)")
	exec("INSERT INTO t (a) VALUES (?)", "text")
	var got string
	if err := pool.QueryRowContext(t.Context(), "SELECT * FROM t").Scan(&got); err != nil || got != "text" {
		t.Errorf("from the new table: %q, %v, want text", got, err)
	}
}

// TestAForgottenStatement: a proxy may lose a statement, and a server with a small cache of
// tables cannot prepare it again. It runs as a text from then on.
func TestAForgottenStatement(t *testing.T) {
	known, err := simplelru.NewLRU[string, *prepared](preparedMax, nil)
	if err != nil {
		t.Fatalf("making the list: %v", err)
	}
	c := &preparer{known: known}
	for number, want := range map[uint16]bool{1243: true, 1615: true, 1062: false} {
		text := fmt.Sprintf("SELECT %d", number)
		if got := c.forgotten(text, &mysql.MySQLError{Number: number}); got != want {
			t.Errorf("error %d: forgotten = %t, want %t", number, got, want)
		}
		if s, found := known.Get(text); found != want || found && !s.refused {
			t.Errorf("error %d: the text is %+v, %t, want refused: %t", number, s, found, want)
		}
	}
	if c.forgotten("SELECT 1", nil) {
		t.Error("without an error the statement was not run, want run")
	}
}
