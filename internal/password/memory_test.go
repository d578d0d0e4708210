package password

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/password/argon2"
)

// held returns how many memories wait for a hash, and how large they are together.
func (m *memories) held() (count int, kib uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.free {
		kib += one.KiB()
	}
	return len(m.free), kib
}

func TestHashesUseAMemoryAgainUntilTheFloodIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{MemoryKiB: 64, Iterations: 1, BudgetMiB: 1, MaxParallel: 3, MaxWaiting: 1000, Wait: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		var owner sync.WaitGroup
		owner.Go(func() { h.GiveBack(ctx) })
		if hashed, _ := flood(t, h, 200); hashed != 200 {
			t.Errorf("%d hashed, want 200", hashed)
		}
		count, kib := h.memories.held()
		if count < 1 || count > 3 {
			t.Errorf("%d memories after a flood, want one for each of 3 slots at most", count)
		}
		if want := uint32(64 * count); argon2.OutsideHeap() && kib != want {
			t.Errorf("they are of %d KiB, want %d", kib, want)
		}
		time.Sleep(quiet + time.Second)
		synctest.Wait()
		if count, _ := h.memories.held(); count != 0 {
			t.Errorf("%d memories when the flood is over, want none", count)
		}
		stop()
		owner.Wait()
	})
}

// A foreign hash that takes several slots also takes what was kept for them.
func TestALargerForeignHashLeavesNothingBehind(t *testing.T) {
	h := New(Options{MemoryKiB: 64, Iterations: 1, BudgetMiB: 1, MaxParallel: 3})
	for _, one := range []*argon2.Memory{h.memories.take(), h.memories.take()} {
		one.IDKey([]byte("password"), make([]byte, saltBytes), 1, 64, 1, keyBytes)
		h.memories.put(one)
	}
	larger := argon2Hash{cost: cost{memoryKiB: 128, iterations: 1, threads: 1}, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	if ok, _, err := h.Verify(t.Context(), larger.String(), "correct horse battery"); ok || err != nil {
		t.Fatalf("verified: %t, %v; want it refused", ok, err)
	}
	if count, kib := h.memories.held(); count > 1 || kib != 0 {
		t.Errorf("%d memories of %d KiB are held after it, want nothing", count, kib)
	}
}
