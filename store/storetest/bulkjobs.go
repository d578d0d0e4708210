package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
)

func bulkJobs() []promise {
	return []promise{
		{"an act on many people comes back as it was", "AddBulkJob BulkJobByID", bulkAdded},
		{"one replica at a time holds an act", "ClaimBulkJob SaveBulkJob FinishBulkJob", bulkHeld},
		{"an act that was told to stop is told of at the next save", "StopBulkJob SaveBulkJob", bulkStopped},
		{"no more acts go on than may", "AddBulkJob", bulkFull},
		{"the acts that began last are listed first", "ListBulkJobs", bulkListed},
		{"acts that ended long ago are swept", "SweepBulkJobs", bulkSwept},
	}
}

func newBulkJob(id string) store.BulkJob {
	return store.BulkJob{
		ID: id, Act: "deactivate", OwnerID: 7, OwnerSub: "sub", Filter: `{"Parameters":{"search":["ünï"]}}`, Position: "{}",
		Expected: 9, Changed: 1, Skipped: 2, Failed: 3, CreatedAt: odd(),
	}
}

func addBulkJobs(t *testing.T, db store.DB, jobs ...store.BulkJob) {
	t.Helper()
	for _, j := range jobs {
		if added, err := db.AddBulkJob(t.Context(), j, 100); err != nil || !added {
			t.Fatalf("adding an act: %t, %v; want true", added, err)
		}
	}
}

func bulkAdded(t *testing.T, db store.DB) {
	want := newBulkJob("a")
	want.Outcome, want.FinishedAt, want.Holder, want.HeldUntil = store.BulkDone, odd().Add(time.Hour), "me", odd().Add(time.Minute)
	filled(t, want)
	addBulkJobs(t, db, want)
	got, err := db.BulkJobByID(t.Context(), "a")
	if err != nil {
		t.Fatalf("reading the act: %v", err)
	}
	same(t, "act", got, want)
	for _, id := range []string{"b", "", "a ", "A", "ä"} {
		_, err := db.BulkJobByID(t.Context(), id)
		wantError(t, fmt.Sprintf("BulkJobByID of %q", id), err, store.ErrNotFound)
	}
}

func bulkHeld(t *testing.T, db store.DB) {
	addBulkJobs(t, db, newBulkJob("a"))
	now, later := odd(), odd().Add(time.Minute)
	claim := func(holder string, at time.Time) (store.BulkJob, error) {
		return db.ClaimBulkJob(t.Context(), holder, at, at.Add(time.Minute))
	}
	first, err := claim("first", now)
	if err != nil || first.Holder != "first" || !first.HeldUntil.Equal(later) {
		t.Fatalf("claimed %+v, %v; want it held by the first until %s", first, err, later)
	}
	_, err = claim("second", later.Add(-time.Millisecond))
	wantError(t, "ClaimBulkJob of one that is held", err, store.ErrNotFound)
	first.Position, first.Changed, first.Skipped, first.Failed, first.HeldUntil = `{"IDs":3}`, 4, 5, 6, later.Add(time.Second)
	if outcome, err := db.SaveBulkJob(t.Context(), first); err != nil || outcome != "" {
		t.Errorf("saving: %q, %v; want no outcome", outcome, err)
	}
	got, err := db.BulkJobByID(t.Context(), "a")
	same(t, "saved", got, first)
	if err != nil {
		t.Errorf("reading the act: %v", err)
	}
	second, err := claim("second", first.HeldUntil)
	if err != nil || second.Changed != 4 || second.Position != first.Position {
		t.Fatalf("claimed %+v, %v; want it where the first had come to", second, err)
	}
	_, err = db.SaveBulkJob(t.Context(), first)
	wantError(t, "SaveBulkJob by who holds it no more", err, store.ErrNotFound)
	finish := func(j store.BulkJob) (finished bool) {
		write(t, db, func(tx store.Tx) (err error) {
			j.Outcome, j.FinishedAt, j.Changed = store.BulkDone, odd().Add(time.Hour), 8
			finished, err = tx.FinishBulkJob(j)
			return err
		})
		return finished
	}
	if a, b, c := finish(first), finish(second), finish(second); a || !b || c {
		t.Errorf("finished %t by the first, %t and again %t by the second, want the second alone, once", a, b, c)
	}
	if got, err := db.BulkJobByID(t.Context(), "a"); err != nil || got.Outcome != store.BulkDone || got.Changed != 8 || !got.FinishedAt.Equal(odd().Add(time.Hour)) {
		t.Errorf("finished: %+v, %v; want it done, with 8 changed", got, err)
	}
	_, err = claim("third", odd().AddDate(1, 0, 0))
	wantError(t, "ClaimBulkJob of one that is over", err, store.ErrNotFound)
}

func bulkStopped(t *testing.T, db store.DB) {
	addBulkJobs(t, db, newBulkJob("a"))
	j, err := db.ClaimBulkJob(t.Context(), "me", odd(), odd().Add(time.Minute))
	if err != nil {
		t.Fatalf("claiming the act: %v", err)
	}
	stop := func(id string) bool {
		stopped, err := db.StopBulkJob(t.Context(), id)
		if err != nil {
			t.Errorf("stopping %s: %v", id, err)
		}
		return stopped
	}
	if !stop("a") || stop("b") {
		t.Error("stopping: want true for the act, and false for an unknown one")
	}
	if outcome, err := db.SaveBulkJob(t.Context(), j); err != nil || outcome != store.BulkStopping {
		t.Errorf("saving: %q, %v; want that it stops", outcome, err)
	}
	write(t, db, func(tx store.Tx) error {
		j.Outcome, j.FinishedAt = store.BulkStopped, odd()
		_, err := tx.FinishBulkJob(j)
		return err
	})
	if stop("a") {
		t.Error("stopping one that is over: true, want false")
	}
}

func bulkFull(t *testing.T, db store.DB) {
	add := func(id string) bool {
		added, err := db.AddBulkJob(t.Context(), newBulkJob(id), 2)
		if err != nil {
			t.Errorf("adding %s: %v", id, err)
		}
		return added
	}
	over := newBulkJob("z")
	over.FinishedAt = odd()
	addBulkJobs(t, db, over)
	if a, b, c := add("a"), add("b"), add("c"); !a || !b || c {
		t.Errorf("added %t, %t and %t, want the third refused", a, b, c)
	}
}

func bulkListed(t *testing.T, db store.DB) {
	var jobs []store.BulkJob
	for i, id := range []string{"a", "b", "c"} {
		j := newBulkJob(id)
		j.CreatedAt = odd().Add(time.Duration(i) * time.Minute)
		jobs = append(jobs, j)
	}
	addBulkJobs(t, db, jobs...)
	got, err := db.ListBulkJobs(t.Context(), 2)
	if err != nil {
		t.Errorf("listing the acts: %v", err)
	}
	same(t, "acts", got, []store.BulkJob{jobs[2], jobs[1]})
}

func bulkSwept(t *testing.T, db store.DB) {
	for i, ago := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour, 0} {
		j := newBulkJob(fmt.Sprint(i))
		j.FinishedAt = odd().Add(-ago)
		addBulkJobs(t, db, j)
	}
	addBulkJobs(t, db, newBulkJob("going"))
	var swept []int64
	for range 3 {
		n, err := db.SweepBulkJobs(t.Context(), odd().Add(-time.Minute), 2)
		if err != nil {
			t.Fatalf("sweeping acts: %v", err)
		}
		swept = append(swept, n)
	}
	same(t, "swept", swept, []int64{2, 1, 0})
	left, err := db.ListBulkJobs(t.Context(), 9)
	if err != nil || len(left) != 2 {
		t.Errorf("left: %+v, %v; want two", left, err)
	}
}

// raceForBulkJobs: replicas claim acts until none is left.
func raceForBulkJobs(t *testing.T, db store.DB) {
	for i := range callers {
		addBulkJobs(t, db, newBulkJob(fmt.Sprint(i)))
	}
	claimed := make([][]string, callers)
	many(callers, func(i int) {
		for range 10 * callers {
			j, err := db.ClaimBulkJob(t.Context(), fmt.Sprint("holder", i), odd(), odd().Add(time.Hour))
			if err == nil {
				claimed[i] = append(claimed[i], j.ID)
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("claiming an act: %v", err)
			}
		}
	})
	times := map[string]int{}
	for _, some := range claimed {
		for _, id := range some {
			times[id]++
		}
	}
	for i := range callers {
		if times[fmt.Sprint(i)] != 1 {
			t.Errorf("act %d was claimed %d times, want 1", i, times[fmt.Sprint(i)])
		}
	}
}
