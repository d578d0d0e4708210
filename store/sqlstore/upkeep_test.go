package sqlstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// TestAlone: of two replicas, one runs the task, and the next time either may.
func TestAlone(t *testing.T) {
	dsn := testdb.MySQL(t)
	a, b := brisk(t, dsn), brisk(t, dsn)
	for range 3 {
		ran, other := 0, 0
		err := a.Alone(t.Context(), "sweep", func(ctx context.Context) {
			ran++
			if err := b.Alone(ctx, "sweep", func(context.Context) { other++ }); err != nil {
				t.Errorf("running alone: %v", err)
			}
		})
		if err != nil || ran != 1 || other != 0 {
			t.Errorf("ran %d times, the other replica %d times, %v; want 1 and 0", ran, other, err)
		}
		a, b = b, a
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := a.Alone(ctx, "sweep", func(context.Context) { cancel() }); err != nil {
		t.Errorf("running alone: %v", err)
	}
	ran := false
	if err := b.Alone(t.Context(), "sweep", func(context.Context) { ran = true }); err != nil || !ran {
		t.Errorf("after the context ended: ran = %v, %v; want true, since the lock is released", ran, err)
	}
}

func TestRows(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db := brisk(t, dsn(t))
			for range 40 {
				if err := db.Audit(t.Context(), store.AuditEvent{Kind: "test"}); err != nil {
					t.Fatalf("recording the audit event: %v", err)
				}
			}
			got, err := db.Rows(t.Context())
			if err != nil || got["audit_log"] < 20 || got["audit_log"] > 80 {
				t.Errorf("rows %v, %v; want 20 to 80 in audit_log", got, err)
			}
			if _, there := got["throttles"]; !there || len(got) < 15 {
				t.Errorf("tables are missing: %v, want 15 with throttles among them", got)
			}
		})
	}
}

// TestNamesOfBeforeAreIndexed: a release before the table of words wrote none.
func TestNamesOfBeforeAreIndexed(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			at := dsn(t)
			db := migrated(t, at)
			for i, last := range []string{"van der Berg", "Smith", "Müller", "zu Berg"} {
				u := store.User{Sub: last, UsernameKey: fmt.Sprint(i), EmailKey: fmt.Sprint(i, "@example.com"), LastName: last, Role: store.RoleUser}
				write(t, db, func(tx store.Tx) error { _, err := tx.CreateUser(u); return err })
			}
			raw := testdb.Raw(t, at)
			if _, err := raw.ExecContext(t.Context(), "DELETE FROM user_words"); err != nil {
				t.Fatalf("deleting the words: %v", err)
			}
			var looked []int64
			for {
				n, err := db.IndexNames(t.Context(), 3)
				if err != nil {
					t.Fatalf("indexing the names: %v", err)
				}
				if n == 0 {
					break
				}
				looked = append(looked, n)
			}
			if !slices.Equal(looked, []int64{3, 1}) {
				t.Errorf("looked at %v users, want 3 and then 1", looked)
			}
			for word, want := range map[string]int64{"berg": 2, "muller": 1, "smith": 1} {
				page, err := db.ListUsers(t.Context(), store.UserQuery{Search: []string{word}, Limit: 10})
				if err != nil || page.Total != want {
					t.Errorf("%q finds %d people, %v; want %d", word, page.Total, err, want)
				}
			}
		})
	}
}
