package sqlstore

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// TestABoundIsComparedByAnIndex: SQLite does not count what it reads, but says how it
// will. MariaDB counts: TestABoundReadsNoMoreThanItAllows.
func TestABoundIsComparedByAnIndex(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: testdb.SQLite(t), Now: time.Now})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	for condition, index := range map[string]string{
		pushedTable.byClient: "pushed_requests_by_client", pushedTable.byNetwork: "pushed_requests_by_network",
		deviceTable.byClient: "device_grants_by_client", deviceTable.byNetwork: "device_grants_by_network",
		codesOpen: "auth_codes_open", sessionsWithin: "sessions_like", sessionsFew: "sessions_like",
	} {
		plan := planOf(t, db, condition)
		if !strings.Contains(plan, index+" ") || regexp.MustCompile(`SCAN (pushed_requests|device_grants|auth_codes|sessions|u|g)\b`).MatchString(plan) {
			t.Errorf("the plan of\n%s\nis\n%s, want the index %s, and no scan", condition, plan, index)
		}
	}
}

// TestListsOfEverybodyWalkAlongAnIndex: the whole list is never sorted.
func TestListsOfEverybodyWalkAlongAnIndex(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: testdb.SQLite(t), Now: time.Now})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	byRequest := bound("SELECT id FROM audit_log")
	db.auditFilter(byRequest, logTables[0], store.AuditQuery{RequestID: "R", Until: time.Now()}, "", false)
	for query, index := range map[string]string{
		db.newestSessions(): "SEARCH s USING INDEX sessions_began (ended_at=? AND created_at<?)",
		db.endedSessions():  "SEARCH s USING INDEX sessions_began (ended_at>?)",
		db.newestBrowsers(): "SEARCH b USING INDEX browser_sessions_began (ended_at=? AND created_at<?)",
		byRequest.String() + " ORDER BY id DESC LIMIT ?": "SEARCH audit_log USING INDEX audit_log_request (request_id=?)",
	} {
		plan := planOfQuery(t, db, query)
		if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") || regexp.MustCompile(`SCAN (s|b|u|audit_log)\b`).MatchString(plan) {
			t.Errorf("the plan of\n%s\nis\n%s, want %s, and neither a scan nor a sort", query, plan, index)
		}
	}
}

// TestSessionsOfOnePersonAreFoundByThePerson, who has few of the millions that live.
func TestSessionsOfOnePersonAreFoundByThePerson(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: testdb.SQLite(t), Now: time.Now})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	for query, index := range map[string]string{
		db.listSessions(): "SEARCH s USING INDEX sessions_user (user_id=? AND ended_at=?)",
		listBrowsers:      "SEARCH b USING INDEX browser_sessions_user (user_id=? AND ended_at=?)",
	} {
		if plan := planOfQuery(t, db, query); !strings.Contains(plan, index) {
			t.Errorf("the plan of\n%s\nis\n%s, want %s", query, plan, index)
		}
	}
}

func planOf(t *testing.T, db *DB, condition string) string {
	t.Helper()
	return planOfQuery(t, db, "SELECT 1 WHERE "+condition)
}

func planOfQuery(t *testing.T, db *DB, query string) string {
	t.Helper()
	args := make([]any, strings.Count(query, "?"))
	for i := range args {
		args[i] = 1
	}
	rows, err := db.Pool().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("asking for the plan: %v", err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatalf("reading the plan: %v", err)
		}
		plan.WriteString(step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("reading the plan: %v", err)
	}
	return plan.String()
}
