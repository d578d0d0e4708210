package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

// An event may be committed after one with a higher ID, and is then printed late, and once.
// While an upgrade is under way, events of the release before appear below those of this one.
func TestFollowingMissesNothing(t *testing.T) {
	t.Run("this release", func(t *testing.T) { followedWhole(t, func(int) int64 { return store.AuditSplit }) })
	t.Run("the release before", func(t *testing.T) { followedWhole(t, func(int) int64 { return 0 }) })
	t.Run("both", func(t *testing.T) { followedWhole(t, func(n int) int64 { return int64(n%2) * store.AuditSplit }) })
}

// followedWhole has events appear, each moved up by what base returns for its number.
func followedWhole(t *testing.T, base func(n int) int64) {
	var log []int64
	list := func(_ context.Context, q store.AuditQuery) (page []store.AuditEvent, _ error) {
		for _, id := range slices.Backward(slices.Sorted(slices.Values(log))) {
			if (q.Before == 0 || id < q.Before) && len(page) < q.Limit {
				page = append(page, store.AuditEvent{ID: id})
			}
		}
		return page, nil
	}
	f := &follower{list: list, query: store.AuditQuery{Limit: 2}}
	at := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	many := make([]int64, 1200)
	for i := range many {
		many[i] = int64(1000 + i)
	}
	for _, step := range []struct {
		name    string
		appears []int64
		after   time.Duration
		want    int
	}{
		{"the newest ones to begin with", []int64{1, 2, 3, 5}, 0, 2},
		{"nothing new", nil, time.Second, 0},
		{"one that is late", []int64{4}, time.Second, 1},
		{"more than a page", many, time.Second, 1200},
		{"late ones among them", []int64{6, 999}, 8 * time.Second, 2},
		{"nothing new after the lag", nil, 30 * time.Second, 0},
		{"one more", []int64{5000}, time.Second, 1},
	} {
		for i, id := range step.appears {
			log = append(log, base(i)+id)
		}
		at = at.Add(step.after)
		look := f.next
		if f.parts == nil {
			look = f.start
		}
		got, err := look(t.Context(), at)
		if err != nil || len(got) != step.want {
			t.Errorf("%s: %d events, %v; want %d", step.name, len(got), err, step.want)
		}
	}
	for _, part := range f.parts {
		if len(part.seen) > 10 {
			t.Errorf("%d IDs are remembered, want those of the last %s only", len(part.seen), store.AuditCommit)
		}
	}
}
