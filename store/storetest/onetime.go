package storetest

import (
	"testing"
	"time"

	"gatehouse/store"
)

func oneTime() []promise {
	return []promise{
		{"a key is used once", "UseOnce", usedOnce},
		{"sweeping marks", "SweepUsedOnce", sweptMarks},
	}
}

func useOnce(t *testing.T, db store.DB, key string, expires time.Time) bool {
	t.Helper()
	first, err := db.UseOnce(t.Context(), store.DigestOf(key), expires)
	if err != nil {
		t.Fatalf("using the digest once: %v", err)
	}
	return first
}

func usedOnce(t *testing.T, db store.DB) {
	if !useOnce(t, db, "key", odd()) {
		t.Error("the first use was refused, want it allowed")
	}
	for _, expires := range []time.Time{odd(), odd().Add(time.Hour)} {
		if useOnce(t, db, "key", expires) {
			t.Error("the second use was allowed, want it refused")
		}
	}
	if !useOnce(t, db, "other", odd()) {
		t.Error("the use of another key was refused, want it allowed")
	}
}

func sweptMarks(t *testing.T, db store.DB) {
	useOnce(t, db, "kept", odd())
	for _, key := range []string{"a", "b", "c"} {
		useOnce(t, db, key, odd().Add(-time.Millisecond))
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepUsedOnce(t.Context(), odd(), n) }, 2, 1, 0)
	if useOnce(t, db, "kept", odd()) {
		t.Error("a mark that had not expired was swept, want it kept")
	}
	if !useOnce(t, db, "a", odd()) {
		t.Error("a mark that had expired was kept, want it swept")
	}
}
