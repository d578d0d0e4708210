package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func audit() []promise {
	return []promise{
		{"an event comes back as it was", "Audit ListAudit", eventRoundTrip},
		{"odd input is kept as evidence", "Audit", oddEvents},
		{"many events of one act are written together", "Audit", manyEvents},
		{"selected, newest first, page by page", "ListAudit", eventPages},
		{"a time leads to the events of that time", "ListAudit", eventsOfATime},
		{"sweeping", "SweepAudit", sweptEvents},
		{"old events go together or one by one", "PartitionAudit SweepAudit", agedEvents},
		{"oldest first, after an event", "AuditAfter", eventsAfter},
		{"a delivery begins behind what there is", "BeginAuditDelivery AuditDelivery", firstDelivery},
		{"of many that deliver the same, one moves on", "AuditDelivered AuditDelivery", movedDelivery},
	}
}

// newEvent returns an event with every field filled but the ID.
func newEvent(kind string) store.AuditEvent {
	return store.AuditEvent{
		At: odd(), Kind: kind, Actor: "user:4b1b7a5e", Subject: "client:shop", SessionID: "SID", ClientID: "shop",
		IP: "2001:db8::1", RequestID: "request-1", Detail: []byte(`{"after": {"name": "Zoë \u2713 ✓"},  "n":1.0}`),
	}
}

func record(t *testing.T, db store.DB, events ...store.AuditEvent) {
	t.Helper()
	for _, e := range events {
		if err := db.Audit(t.Context(), e); err != nil {
			t.Fatalf("recording the audit event: %v", err)
		}
	}
}

func listed(t *testing.T, db store.DB, q store.AuditQuery) []store.AuditEvent {
	t.Helper()
	events, err := db.ListAudit(t.Context(), q)
	if err != nil {
		t.Fatalf("listing the events of %+v: %v", q, err)
	}
	return events
}

func eventRoundTrip(t *testing.T, db store.DB) {
	alone, within := newEvent("signin.ok"), newEvent("user.updated")
	bare := store.AuditEvent{At: odd(), Kind: "key.created"}
	record(t, db, alone, bare)
	write(t, db, func(tx store.Tx) error { return tx.Audit(within) })
	got := listed(t, db, store.AuditQuery{Limit: 10})
	if len(got) != 3 {
		t.Fatalf("%d events, want 3", len(got))
	}
	if got[0].ID <= got[1].ID || got[1].ID <= got[2].ID || got[2].ID <= 0 {
		t.Errorf("IDs %d, %d, %d, want them to decrease", got[0].ID, got[1].ID, got[2].ID)
	}
	for i, want := range []store.AuditEvent{within, bare, alone} {
		want.ID = got[i].ID
		if want.Kind != bare.Kind {
			filled(t, want)
		}
		same(t, want.Kind, got[i], want)
	}
}

// oddEvents: neither an act nor its evidence may fail because of a stranger's input.
func oddEvents(t *testing.T, db store.DB) {
	for _, odd := range []string{"\xff\xfe", "a\x00b", strings.Repeat("é", 500), "\U0001F600", "' OR 1=1 --"} {
		e := newEvent("signin.refused")
		e.Actor, e.Subject, e.SessionID, e.ClientID, e.IP, e.RequestID = odd, odd, odd, odd, odd, odd
		record(t, db, e)
		write(t, db, func(tx store.Tx) error { return tx.Audit(e) })
		listed(t, db, store.AuditQuery{Actor: odd, Subject: odd, Kind: odd, Limit: 1})
		listed(t, db, store.AuditQuery{Kind: odd + "*", Limit: 1})
	}
	if n := len(listed(t, db, store.AuditQuery{Limit: 100})); n != 10 {
		t.Errorf("%d events, want 10", n)
	}
}

// manyEvents: signing out a person with very many sessions writes an event for each, and
// must fit into the time of a transaction.
func manyEvents(t *testing.T, db store.DB) {
	events := make([]store.AuditEvent, 12_001)
	for i := range events {
		events[i] = newEvent("session.ended")
		events[i].SessionID = fmt.Sprint(i)
	}
	write(t, db, func(tx store.Tx) error { return tx.Audit(events...) })
	write(t, db, func(tx store.Tx) error { return tx.Audit() })
	err := db.Write(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.Audit(events[:3]...), store.ErrConflict)
	})
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("recording the audit event: err = %v, want ErrConflict", err)
	}
	got := listed(t, db, store.AuditQuery{Limit: 20_000})
	if len(got) != len(events) {
		t.Fatalf("%d events, want %d", len(got), len(events))
	}
	for i, e := range got {
		want := events[len(events)-1-i]
		want.ID = e.ID
		same(t, "event", e, want)
	}
}

func eventPages(t *testing.T, db store.DB) {
	kinds := []string{"signin.ok", "signin.refused", "signinx", "user.created", "Signin.ok"}
	var all []store.AuditEvent
	for i := range 40 {
		e := newEvent(kinds[i%len(kinds)])
		e.Actor, e.Subject, e.RequestID = fmt.Sprintf("user:%d", i%3), fmt.Sprintf("user:%d", i%4), fmt.Sprint("request-", i/3)
		e.At = odd().Add(time.Duration(i%7) * 5 * time.Minute)
		all = append(all, e)
	}
	record(t, db, all...)
	for _, q := range []store.AuditQuery{
		{},
		{Kind: "signin.ok"},
		{Kind: "signin.*"},
		{Kind: "signin*"},
		{Kind: "*"},
		{Kind: "nothing.*"},
		{Kind: "signin.o"},
		{Kind: "signin.ok "},
		{Actor: "user:1"},
		{Actor: "USER:1"},
		{Subject: "user:3"},
		{Actor: "user:1", Subject: "user:3", Kind: "signin.*"},
		{RequestID: "request-3"},
		{RequestID: "request-3", Actor: "user:1"},
		{RequestID: "request"},
		{Since: odd().Add(10 * time.Minute)},
		{Until: odd().Add(10 * time.Minute)},
		{Since: odd().Add(5 * time.Minute), Until: odd().Add(15 * time.Minute), Actor: "user:2"},
	} {
		q.Limit = 4
		want := matching(all, q)
		for page := listed(t, db, q); len(page) > 0; page = listed(t, db, q) {
			for _, got := range page {
				if len(want) == 0 {
					t.Fatalf("%+v: more than was recorded", q)
				}
				want[0].ID = got.ID
				same(t, fmt.Sprintf("%+v", q), got, want[0])
				want = want[1:]
			}
			q.Before = page[len(page)-1].ID
		}
		if len(want) > 0 {
			t.Errorf("%+v: %d events are missing", q, len(want))
		}
	}
}

// eventsOfATime: those before and after it by days are passed over.
func eventsOfATime(t *testing.T, db store.DB) {
	for day := range 9 {
		e := newEvent(fmt.Sprintf("day.%d", day))
		e.At = odd().Add(time.Duration(day) * 24 * time.Hour)
		record(t, db, e)
	}
	noon := func(day int) time.Time { return odd().Add(time.Duration(24*day-12) * time.Hour) }
	for name, c := range map[string]struct {
		q    store.AuditQuery
		want string
	}{
		"one day":      {store.AuditQuery{Since: noon(4), Until: noon(5)}, "day.4"},
		"the first":    {store.AuditQuery{Until: noon(1)}, "day.0"},
		"the last":     {store.AuditQuery{Since: noon(8)}, "day.8"},
		"two, by kind": {store.AuditQuery{Kind: "day.*", Since: noon(2), Until: noon(4)}, "day.3 day.2"},
		"before all":   {store.AuditQuery{Until: noon(-3)}, ""},
		"after all":    {store.AuditQuery{Since: noon(30)}, ""},
	} {
		var got []string
		c.q.Limit = 10
		for _, e := range listed(t, db, c.q) {
			got = append(got, e.Kind)
		}
		same(t, name, strings.Join(got, " "), c.want)
	}
}

// matching returns the events that q selects, newest first.
func matching(all []store.AuditEvent, q store.AuditQuery) []store.AuditEvent {
	var found []store.AuditEvent
	prefix, open := strings.CutSuffix(q.Kind, "*")
	for i := len(all) - 1; i >= 0; i-- {
		e := all[i]
		switch {
		case open && !strings.HasPrefix(e.Kind, prefix), !open && q.Kind != "" && e.Kind != q.Kind,
			q.RequestID != "" && e.RequestID != q.RequestID, q.Actor != "" && e.Actor != q.Actor, q.Subject != "" && e.Subject != q.Subject,
			!q.Since.IsZero() && e.At.Before(q.Since), !q.Until.IsZero() && !e.At.Before(q.Until):
		default:
			found = append(found, e)
		}
	}
	return found
}

func sweptEvents(t *testing.T, db store.DB) {
	old, kept := newEvent("old"), newEvent("kept")
	old.At = odd().Add(-time.Millisecond)
	record(t, db, kept, old, old, kept, old)
	for _, want := range []int64{2, 1, 0} {
		if n, err := db.SweepAudit(t.Context(), odd(), 2); err != nil || n != want {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
	wantEvents(t, db, "old", 0)
	wantEvents(t, db, "kept", 2)
}

// agedEvents: what is older than a time that events are kept is gone soon after it, and nothing
// younger.
func agedEvents(t *testing.T, db store.DB) {
	const keep = 40 * 24 * time.Hour
	for day := range 80 {
		e, now := newEvent("old"), odd().Add(time.Duration(day)*24*time.Hour)
		if e.At = now; day >= 40 {
			e.Kind = "kept"
		}
		if day%5 > 0 {
			continue
		}
		record(t, db, e)
		if err := db.PartitionAudit(t.Context(), now, keep); err != nil {
			t.Fatalf("making and dropping partitions: %v", err)
		}
	}
	now := odd().Add(80 * 24 * time.Hour)
	if err := db.PartitionAudit(t.Context(), now, keep); err != nil {
		t.Fatalf("making and dropping partitions: %v", err)
	}
	if _, err := db.SweepAudit(t.Context(), now.Add(-keep), 100); err != nil {
		t.Errorf("sweeping: %v", err)
	}
	wantEvents(t, db, "old", 0)
	wantEvents(t, db, "kept", 8)
}
