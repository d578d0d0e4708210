package sqlstore_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// asBefore records an event as the release before does.
func asBefore(t *testing.T, db *sqlstore.DB, e store.AuditEvent) {
	t.Helper()
	_, err := db.Pool().ExecContext(t.Context(), "INSERT INTO audit_events (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)"+
		" VALUES (?, ?, ?, ?, '', '', '', ?, '{}')", e.At.UnixMilli(), e.Kind, e.Actor, e.Subject, e.RequestID)
	if err != nil {
		t.Fatalf("recording an event: %v", err)
	}
}

// anEvent is the nth of events that happen every two hours, of three people, some of which are
// refused.
func anEvent(n int) store.AuditEvent {
	return store.AuditEvent{
		At: crowdBegan.Add(time.Duration(n) * 2 * time.Hour).UTC(), Kind: []string{"signin.ok", "signin.ok", "signin.refused", "user.created"}[n%4],
		Actor: fmt.Sprint("user:", n%3), Subject: fmt.Sprint("user:", n%5), RequestID: fmt.Sprint("r", n/2), Detail: []byte("{}"),
	}
}

// TestThePagesGoOnInTheLogOfTheReleaseBefore: while replicas of both run, and until the old
// table is empty, a list has the events of both, each once.
func TestThePagesGoOnInTheLogOfTheReleaseBefore(t *testing.T) {
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		db := open(t)
		if err := db.PartitionAudit(t.Context(), crowdBegan, 24*time.Hour); err != nil {
			t.Fatalf("making partitions: %v", err)
		}
		var now, before []store.AuditEvent
		for n := range 60 {
			e := anEvent(n)
			if n < 20 || n%2 == 0 {
				asBefore(t, db, e)
				before = append(before, e)
				continue
			}
			now = append(now, e)
			if err := db.Audit(t.Context(), e); err != nil {
				t.Fatalf("recording an event: %v", err)
			}
		}
		all := slices.Concat(before, now)
		slices.Reverse(all)
		for _, q := range []store.AuditQuery{
			{}, {Kind: "signin.ok"}, {Kind: "signin.*"}, {Kind: "*"}, {Kind: "none.*"}, {Actor: "user:1"}, {Subject: "user:3"}, {Actor: "user:1", Kind: "signin.ok"},
			{RequestID: "r7"}, {Since: anEvent(30).At}, {Until: anEvent(30).At}, {Since: anEvent(10).At, Until: anEvent(40).At, Kind: "signin.*"}, {Until: crowdBegan},
		} {
			wantPages(t, db, q, all)
		}
	})
}

// wantPages reads all pages of a query.
func wantPages(t *testing.T, db *sqlstore.DB, q store.AuditQuery, all []store.AuditEvent) {
	t.Helper()
	name := fmt.Sprintf("%+v", q)
	want := slices.DeleteFunc(slices.Clone(all), func(e store.AuditEvent) bool { return !selects(q, e) })
	q.Limit = 7
	for page := range len(all) {
		events, err := db.ListAudit(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: reading page %d: %v", name, page, err)
		}
		for i, e := range events {
			if i >= len(want) || e.RequestID != want[i].RequestID || !e.At.Equal(want[i].At) || q.Before > 0 && e.ID >= q.Before {
				t.Fatalf("%s: page %d has %+v as its event %d of %d, below %d; want another", name, page, e, i, len(events), q.Before)
			}
			q.Before = e.ID
		}
		if want = want[len(events):]; len(events) == 0 {
			break
		}
	}
	if len(want) > 0 {
		t.Errorf("%s: %d events are missing, want none", name, len(want))
	}
}

// selects reports whether a query selects the event.
func selects(q store.AuditQuery, e store.AuditEvent) bool {
	kind := q.Kind == "" || q.Kind == e.Kind || q.Kind == "*" || q.Kind == "signin.*" && e.Kind != "user.created"
	who := (q.Actor == "" || q.Actor == e.Actor) && (q.Subject == "" || q.Subject == e.Subject) && (q.RequestID == "" || q.RequestID == e.RequestID)
	return kind && who && (q.Since.IsZero() || !e.At.Before(q.Since)) && (q.Until.IsZero() || e.At.Before(q.Until))
}

// TestTheLogOfTheReleaseBeforeEmptiesByAge: its events go as those of this release do.
func TestTheLogOfTheReleaseBeforeEmptiesByAge(t *testing.T) {
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		db := open(t)
		for n := range 10 {
			asBefore(t, db, anEvent(n))
			if err := db.Audit(t.Context(), anEvent(n)); err != nil {
				t.Fatalf("recording an event: %v", err)
			}
		}
		for _, want := range []int64{8, 4, 0} {
			if n, err := db.SweepAudit(t.Context(), anEvent(6).At, 8); err != nil || n != want {
				t.Errorf("swept %d, %v; want %d", n, err, want)
			}
		}
		left, err := db.ListAudit(t.Context(), store.AuditQuery{Limit: 100})
		old := func(e store.AuditEvent) bool { return e.At.Before(anEvent(6).At) }
		if err != nil || len(left) != 8 || slices.ContainsFunc(left, old) {
			t.Errorf("%d events are left, %v; want the 8 that are younger", len(left), err)
		}
	})
}
