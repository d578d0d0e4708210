package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func refusals() []promise {
	return []promise{
		{"a refusal comes back as it was", "KeepRefusals RefusalBySeq RefusalByID RefusalByRequest", refusalRoundTrip},
		{"refusals like one are counted", "KeepRefusals", refusalsCounted},
		{"refusals are listed by app and kind, newest first", "ListRefusals", refusalsListed},
		{"refusals are grouped by kind and app", "GroupRefusals", refusalsGrouped},
		{"refusals are erased with the person, and none comes after", "KeepRefusals DeleteUser", refusalsErased},
		{"sweeping refusals", "SweepRefusals", sweptRefusals},
	}
}

// newRefusal returns a refusal with every field filled but Seq and UserID.
func newRefusal(id string) store.Refusal {
	return store.Refusal{
		ID: id, RequestID: "REQUEST" + id, At: odd(), LastAt: odd().Add(time.Second), Times: 3, Kind: "redirect_uri.unregistered", Code: "invalid_request",
		Endpoint: "/oauth/authorize", ClientID: "shop", Network: "203.0.113.0/24", Reason: "because ü",
		Given: "https://shop.example/cb/", Expected: "https://shop.example/cb", Parameters: []byte(`{"scope":"openid"}`),
	}
}

func keepRefusals(t *testing.T, db store.DB, all ...store.Refusal) {
	t.Helper()
	if err := db.KeepRefusals(t.Context(), all, nil); err != nil {
		t.Fatalf("keeping refusals: %v", err)
	}
}

func listedRefusals(t *testing.T, db store.DB, q store.RefusalQuery) (ids []string, last int64) {
	t.Helper()
	all, err := db.ListRefusals(t.Context(), q)
	if err != nil {
		t.Fatalf("listing refusals: %v", err)
	}
	for _, r := range all {
		ids, last = append(ids, r.ID), r.Seq
	}
	return ids, last
}

func wantListed(t *testing.T, db store.DB, q store.RefusalQuery, want ...string) {
	t.Helper()
	got, _ := listedRefusals(t, db, q)
	same(t, fmt.Sprintf("refusals of %+v", q), got, want)
}

func refusalRoundTrip(t *testing.T, db store.DB) {
	want := newRefusal("a")
	want.UserID = create(t, db, newUser("ann")).ID
	keepRefusals(t, db, want)
	got, err := db.RefusalByID(t.Context(), "a")
	if err != nil {
		t.Fatalf("finding the refusal: %v", err)
	}
	want.Seq = got.Seq
	filled(t, want)
	same(t, "by its ID", got, want)
	if got, err = db.RefusalByRequest(t.Context(), want.RequestID); err != nil {
		t.Errorf("finding the refusal by its request: %v", err)
	}
	same(t, "by its request", got, want)
	if got, err = db.RefusalBySeq(t.Context(), want.Seq); err != nil {
		t.Errorf("finding the refusal by its place: %v", err)
	}
	same(t, "by its place", got, want)
	for _, id := range oddIDs("abc") {
		_, err := db.RefusalByID(t.Context(), id)
		wantError(t, "RefusalByID", err, store.ErrNotFound)
		_, err = db.RefusalByRequest(t.Context(), id)
		wantError(t, "RefusalByRequest", err, store.ErrNotFound)
	}
	long := newRefusal("long")
	long.Given, long.Expected, long.Reason = strings.Repeat("ü", 2000), strings.Repeat("x", 5000), strings.Repeat("r", 999)
	keepRefusals(t, db, long) // it is cut, and not lost
	if _, err := db.RefusalByID(t.Context(), "long"); err != nil {
		t.Errorf("finding a refusal with long texts: %v", err)
	}
}

func refusalsCounted(t *testing.T, db store.DB) {
	keepRefusals(t, db, newRefusal("a"), newRefusal("b"))
	later := odd().Add(time.Minute)
	again := []store.RefusalAgain{{ID: "b", At: later, Times: 40}, {ID: "gone", At: later, Times: 1}, {ID: "c", At: later, Times: 2}}
	if err := db.KeepRefusals(t.Context(), []store.Refusal{newRefusal("c")}, again); err != nil {
		t.Fatalf("counting refusals: %v", err)
	}
	for id, want := range map[string]int64{"a": 3, "b": 43, "c": 5} {
		got, err := db.RefusalByID(t.Context(), id)
		if err != nil || got.Times != want {
			t.Errorf("refusal %s: %d times, %v; want %d", id, got.Times, err, want)
		}
	}
}

func refusalsListed(t *testing.T, db store.DB) {
	other, kind := newRefusal("other"), newRefusal("kind")
	other.ClientID, kind.Kind = "other", "code.used"
	keepRefusals(t, db, newRefusal("first"), other, kind, newRefusal("last"))
	wantListed(t, db, store.RefusalQuery{Limit: 9}, "last", "kind", "other", "first")
	wantListed(t, db, store.RefusalQuery{ClientID: "shop", Limit: 9}, "last", "kind", "first")
	wantListed(t, db, store.RefusalQuery{ClientID: "shop", Kind: "code.used", Limit: 9}, "kind")
	wantListed(t, db, store.RefusalQuery{ClientID: "nobody", Limit: 9})
	_, second := listedRefusals(t, db, store.RefusalQuery{Limit: 2})
	wantListed(t, db, store.RefusalQuery{Before: second, Limit: 9}, "other", "first")
}

func refusalsGrouped(t *testing.T, db store.DB) {
	old, other := newRefusal("old"), newRefusal("other")
	old.At, other.ClientID, other.Times = odd().Add(-time.Hour), "other", 100
	keepRefusals(t, db, old, newRefusal("a"), other, newRefusal("b"))
	got, err := db.GroupRefusals(t.Context(), odd(), 9)
	if err != nil || len(got) != 2 {
		t.Fatalf("groups: %+v, %v; want two", got, err)
	}
	if got[0].ClientID != "other" || got[0].Times != 100 || got[1].ClientID != "shop" || got[1].Times != 6 || !got[1].LastAt.Equal(odd().Add(time.Second)) {
		t.Errorf("groups: %+v, want the other app's 100 and then six of the shop's", got)
	}
	if newest, err := db.RefusalBySeq(t.Context(), got[1].LastSeq); err != nil || newest.ID != "b" {
		t.Errorf("the newest of a group is %q, %v; want b", newest.ID, err)
	}
}

func refusalsErased(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	of := func(id string, user int64) store.Refusal {
		r := newRefusal(id)
		r.UserID = user
		return r
	}
	keepRefusals(t, db, of("anns", ann.ID), of("bens", ben.ID), of("nobodys", 0))
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	wantListed(t, db, store.RefusalQuery{Limit: 9}, "nobodys", "bens")
	keepRefusals(t, db, of("late", ann.ID), of("more", ben.ID))
	wantListed(t, db, store.RefusalQuery{Limit: 9}, "more", "nobodys", "bens")
}

func sweptRefusals(t *testing.T, db store.DB) {
	for i := range 6 {
		r := newRefusal(fmt.Sprint(i))
		r.At = odd().Add(time.Duration(i) * time.Hour)
		keepRefusals(t, db, r)
	}
	sweep := func(limit time.Time, newest int64, n int, want int64) {
		t.Helper()
		if got, err := db.SweepRefusals(t.Context(), limit, newest, n); err != nil || got != want {
			t.Errorf("sweeping refusals: %d, %v; want %d", got, err, want)
		}
	}
	sweep(odd().Add(2*time.Hour), 100, 1, 1)
	sweep(odd().Add(2*time.Hour), 100, 9, 1)
	sweep(odd().Add(2*time.Hour), 100, 9, 0)
	wantListed(t, db, store.RefusalQuery{Limit: 9}, "5", "4", "3", "2")
	sweep(odd(), 2, 9, 2)
	wantListed(t, db, store.RefusalQuery{Limit: 9}, "5", "4")
}
