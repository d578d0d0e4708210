package sqlstore

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
)

// TestAPageOfPlotsReadsRecentHoursAlone: neither the counts of earlier hours nor those of other
// apps are read.
func TestAPageOfPlotsReadsRecentHoursAlone(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: testdb.SQLite(t), Now: time.Now})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	for query, want := range map[string]string{
		"SELECT SUM(n)" + db.recentHourly(): "USING INDEX hourly_counts_kind (kind=? AND began_at>?)",
		usesOf:                              "USING PRIMARY KEY (client_id=?)",
		"SELECT 1 FROM hourly_counts WHERE began_at < ?": "USING COVERING INDEX hourly_counts_began (began_at<?)",
		db.livingSessions(): "USING COVERING INDEX sessions_ended (ended_at=? AND token_exp>?)",
	} {
		plan := planOf(t, db, "EXISTS ("+query+")")
		if !strings.Contains(plan, want) || strings.Contains(plan, "SCAN hourly_counts") {
			t.Errorf("the plan of\n%s\nis\n%s, want %s", query, plan, want)
		}
	}
}
