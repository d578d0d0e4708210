package storetest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/store"
)

func eventsAfter(t *testing.T, db store.DB) {
	for i := range 5 {
		e := newEvent(fmt.Sprint("kind.", i))
		e.At = odd().Add(-time.Duration(i) * time.Second)
		record(t, db, e)
	}
	all := listed(t, db, store.AuditQuery{Limit: 10})
	slices.Reverse(all)
	for _, c := range []struct {
		after int64
		n     int
		want  []store.AuditEvent
	}{{store.AuditSplit, 9, all}, {store.AuditSplit, 2, all[:2]}, {0, 9, nil}, {all[1].ID, 2, all[2:4]}, {all[3].ID, 9, all[4:]}, {all[4].ID, 9, nil}} {
		got, err := db.AuditAfter(t.Context(), c.after, c.n)
		if err != nil {
			t.Fatalf("reading the events after %d: %v", c.after, err)
		}
		same(t, fmt.Sprintf("%d events after %d", c.n, c.after), got, c.want)
	}
}

// delivery returns how far the log was delivered; the part below has no events here.
func delivery(t *testing.T, db store.DB) store.AuditDelivery {
	t.Helper()
	parts, err := db.AuditDelivery(t.Context())
	if err != nil || len(parts) != 2 {
		t.Fatalf("reading how far the log was delivered: %d parts, %v; want 2", len(parts), err)
	}
	same(t, "the part of the release before", parts[0], store.AuditDelivery{})
	return parts[1]
}

func begin(t *testing.T, db store.DB) {
	t.Helper()
	if err := db.BeginAuditDelivery(t.Context()); err != nil {
		t.Errorf("beginning the delivery: %v", err)
	}
}

func firstDelivery(t *testing.T, db store.DB) {
	record(t, db, newEvent("before"), newEvent("before"))
	all := listed(t, db, store.AuditQuery{Limit: 2})
	_, err := db.AuditDelivery(t.Context())
	wantError(t, "the delivery before it began", err, store.ErrNotFound)
	many(4, func(int) { begin(t, db) })
	same(t, "the delivery", delivery(t, db), store.AuditDelivery{Through: all[0].ID, Newest: all[0].ID})
	later := newEvent("after")
	record(t, db, later, newEvent("after"))
	begin(t, db)
	newest := listed(t, db, store.AuditQuery{Limit: 1})[0].ID
	same(t, "the delivery", delivery(t, db), store.AuditDelivery{Through: all[0].ID, Newest: newest, Waiting: later.At})
}

func movedDelivery(t *testing.T, db store.DB) {
	begin(t, db)
	same(t, "an empty log", delivery(t, db), store.AuditDelivery{Through: store.AuditSplit})
	record(t, db, newEvent("one"), newEvent("two"))
	newest := listed(t, db, store.AuditQuery{Limit: 1})[0].ID
	var won atomic.Int64
	many(4, func(int) {
		moved, err := db.AuditDelivered(t.Context(), store.AuditSplit, newest)
		if err != nil {
			t.Errorf("recording a delivery: %v", err)
		}
		if moved {
			won.Add(1)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d of them moved the delivery, want 1", won.Load())
	}
	same(t, "the delivery", delivery(t, db), store.AuditDelivery{Through: newest, Newest: newest})
}
