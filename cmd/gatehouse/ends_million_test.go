package main

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// TestAMillionSessionsEndAtOnce measures acts on a person with GATEHOUSE_TEST_SESSIONS
// sessions (a million, say), and what others feel while the rows follow. It prints, and
// judges nothing: the figures are those of the machine.
func TestAMillionSessionsEndAtOnce(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("GATEHOUSE_TEST_SESSIONS"))
	if err != nil {
		t.Skip("GATEHOUSE_TEST_SESSIONS does not say how many sessions to make")
	}
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.SQLite, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			database := dsn(t)
			g := openGate(t, func(cfg *config.Config) {
				cfg.Database, cfg.MasterKey = config.NewSecret(database), config.NewSecret(strings.Repeat("A", 42)+"E")
			})
			var others []*contest
			for i := range 4 {
				others = append(others, g.contest(i+1, []string{g.door.URL}))
			}
			c := g.contest(0, []string{g.door.URL})
			if c.redeem(c.code()) == "" {
				t.Fatal("no session was founded, want one")
			}
			multiply(t, name, testdb.Raw(t, database), c.person.ID, n)
			calm := latencies(others, 8*time.Second)
			for _, act := range []struct {
				name string
				do   func() error
			}{
				{"sign-out everywhere", func() error {
					_, err := g.sessions.EndAll(t.Context(), "cli", c.person.ID, "", store.EndedByOwner)
					return err
				}},
				{"new password", func() error {
					_, err := g.people.Change(t.Context(), authz.Operator, c.person, account.Input{Password: fields.Given("another long secret of theirs")}, false)
					return err
				}},
				{"deactivate", func() error {
					_, err := g.people.Change(t.Context(), authz.Operator, c.person, account.Input{Active: fields.On(false)}, false)
					return err
				}},
				{"client delete", func() error { return g.apps.Delete(t.Context(), authz.Operator, c.id, "") }},
				{"delete", func() error { return g.people.Delete(t.Context(), authz.Operator, c.person.ID, "") }},
			} {
				begun := time.Now()
				if err := act.do(); err != nil {
					t.Errorf("%s: %v, want it done", act.name, err)
				}
				t.Logf("%s with %d sessions: %s", act.name, n, time.Since(begun).Round(time.Millisecond))
			}
			busy := latencies(others, 15*time.Second)
			var left int
			if err := testdb.Raw(t, database).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM sessions WHERE user_id = ? AND ended_at = 0", c.person.ID).Scan(&left); err != nil {
				t.Fatalf("counting: %v", err)
			}
			t.Logf("refreshes of others: calm %s; while rows follow %s; %d rows left after 15 s", calm, busy, left)
		})
	}
}

// multiply copies the person's sessions until there are n.
func multiply(t *testing.T, kind string, pool *sql.DB, userID int64, n int) {
	t.Helper()
	id := "LOWER(HEX(RANDOMBLOB(13)))"
	if kind == "MariaDB" {
		id = "LEFT(SHA2(CONCAT(id, RAND(), RAND()), 256), 26)"
	}
	const columns = "user_id, client_id, scope, auth_time, created_at, expires_at, last_used_at, ended_at, end_reason, ip, user_agent, gen, jti, prev_jti," +
		" token_iat, token_exp, token_role, key_id, rotated_at, browser_id, acr, amr, claims, user_gen, client_gen, consent_gen"
	for made := 1; made < n; made *= 2 {
		statement := fmt.Sprintf("INSERT INTO sessions (id, %s) SELECT %s, %s FROM sessions WHERE user_id = ? LIMIT ?", columns, id, columns)
		if _, err := pool.ExecContext(t.Context(), statement, userID, min(made, n-made)); err != nil {
			t.Fatalf("copying %d sessions: %v", made, err)
		}
	}
}

// A spread is the middle and the ends of many durations.
type spread struct {
	n                  int
	median, p99, worst time.Duration
}

func (s spread) String() string {
	return fmt.Sprintf("n %d, median %s, p99 %s, worst %s", s.n, s.median, s.p99, s.worst)
}

// latencies lets others refresh for a while.
func latencies(others []*contest, while time.Duration) spread {
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(while)
	for _, c := range others {
		wg.Go(func() {
			token := c.redeem(c.code())
			for time.Now().Before(until) {
				begun := time.Now()
				token = c.refresh(token)
				mu.Lock()
				took = append(took, time.Since(begun))
				mu.Unlock()
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	at := func(percent int) time.Duration {
		return took[min(len(took)*percent/100, len(took)-1)].Round(10 * time.Microsecond)
	}
	return spread{len(took), at(50), at(99), at(100)}
}
