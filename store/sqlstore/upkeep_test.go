package sqlstore_test

import (
	"context"
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
			if err != nil || got["audit_events"] < 20 || got["audit_events"] > 80 {
				t.Errorf("rows %v, %v; want 20 to 80 in audit_events", got, err)
			}
			if _, there := got["throttles"]; !there || len(got) < 15 {
				t.Errorf("tables are missing: %v, want 15 with throttles among them", got)
			}
		})
	}
}
