package password

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/machine"
)

// slow returns a Hasher whose hashes take a second of the bubble's time, and the
// highest number of them in progress at once.
func slow(o Options) (h *Hasher, peak *atomic.Int64) {
	h, peak = New(ordinary(o)), new(atomic.Int64)
	h.budget.pressure.cpu = func() machine.CPU { return machine.CPU{} } // the processor's clock is not the bubble's
	var atWork atomic.Int64
	h.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, keyBytes uint32) []byte {
		now := atWork.Add(1)
		for old := peak.Load(); now > old && !peak.CompareAndSwap(old, now); old = peak.Load() {
		}
		time.Sleep(time.Second)
		atWork.Add(-1)
		return make([]byte, keyBytes)
	}
	return h, peak
}

// flood starts that many callers at once and counts how they end.
func flood(t *testing.T, h *Hasher, callers int) (hashed, busy int64) {
	var ok, refused atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			_, err := h.Hash(t.Context(), "correct horse battery")
			var full *Busy
			switch {
			case err == nil:
				ok.Add(1)
			case errors.As(err, &full) && errors.Is(err, ErrBusy) && full.RetryAfter >= time.Second:
				refused.Add(1)
			default:
				t.Errorf("hashing the password: %v", err)
			}
		})
	}
	wg.Wait()
	return ok.Load(), refused.Load()
}

func TestAFloodStaysWithinTheBudget(t *testing.T) {
	for name, c := range map[string]struct {
		o            Options
		hashed, peak int64
	}{
		"the queue is full":       {Options{MaxParallel: 2, MaxWaiting: 10, Wait: time.Minute}, 12, 2},
		"the queue is slow":       {Options{MaxParallel: 2, MaxWaiting: 100, Wait: 2500 * time.Millisecond}, 6, 2},
		"the queue takes all":     {Options{MaxParallel: 2, MaxWaiting: 100, Wait: time.Hour}, 100, 2},
		"the budget is for three": {Options{MaxParallel: 3, BudgetMiB: 57, MaxWaiting: 9, Wait: time.Minute}, 12, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, peak := slow(c.o)
				hashed, busy := flood(t, h, 100)
				if hashed != c.hashed || busy != 100-c.hashed || peak.Load() != c.peak {
					t.Errorf("%d hashed, %d busy, at most %d at once; want %d, %d, %d", hashed, busy, peak.Load(), c.hashed, 100-c.hashed, c.peak)
				}
				if again, _ := flood(t, h, 2); again != 2 || h.budget.queue.length() != 0 {
					t.Errorf("%d of 2 hashed after the flood, %d still waiting, want 2 and 0", again, h.budget.queue.length())
				}
			})
		})
	}
}

func TestOneCoreIsLeftToOthers(t *testing.T) {
	t.Run("by the cores", func(t *testing.T) {
		for cores, want := range map[int]int64{1: 1, 2: 1, 4: 3, 64: 6} {
			if got := newBudget(optionsOn(t, cores, ordinary(Options{}))).count; got != want {
				t.Errorf("%d cores: %d slots, want %d", cores, got, want)
			}
		}
	})
	t.Run("by the setting", func(t *testing.T) {
		if got := newBudget(optionsOn(t, 2, ordinary(Options{MaxParallel: 5}))).count; got != 5 {
			t.Errorf("%d slots, want 5", got)
		}
	})
}

// A stored hash that needs more memory than ours takes several slots.
func TestForeignHashesTakeTheirRoom(t *testing.T) {
	b := newBudget(ordinary(Options{MaxParallel: 6}))
	for memoryKiB, want := range map[uint32]int64{0: 1, 4: 1, 19456: 1, 19457: 2, 65536: 4, 102400: 6, 131072: 6} {
		if got := b.slotsFor(memoryKiB); got != want {
			t.Errorf("%d KiB take %d slots, want %d", memoryKiB, got, want)
		}
	}
}

func optionsOn(t *testing.T, cores int, o Options) Options {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	return o.withDefaults()
}

func TestMemoryIsGivenBackOnceAfterAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := slow(Options{MaxParallel: 2, MaxWaiting: 100, Wait: time.Hour})
		var freed atomic.Int32
		h.drop = func() { freed.Add(1) }
		ctx, stop := context.WithCancel(t.Context())
		var owner sync.WaitGroup
		owner.Go(func() { h.GiveBack(ctx) })
		time.Sleep(time.Hour)
		for range 2 {
			flood(t, h, 100)
			time.Sleep(quiet - 5*time.Second)
		}
		if freed.Load() != 0 {
			t.Error("memory was given back in the middle of a flood, want it kept")
		}
		time.Sleep(time.Hour)
		stop()
		owner.Wait()
		if freed.Load() != 1 {
			t.Errorf("given back %d times, want once", freed.Load())
		}
	})
}

func TestTheLoadIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := slow(Options{MaxParallel: 2, MaxWaiting: 10, Wait: time.Minute})
		told := make(chan [2]int64, 1)
		go func() {
			time.Sleep(500 * time.Millisecond)
			working, waiting := h.Load()
			told <- [2]int64{working, waiting}
		}()
		flood(t, h, 5)
		if got := <-told; got != [2]int64{2, 3} {
			t.Errorf("%d at work and %d waiting, want 2 and 3", got[0], got[1])
		}
		if working, waiting := h.Load(); working != 0 || waiting != 0 {
			t.Errorf("afterwards %d work and %d wait, want 0 and 0", working, waiting)
		}
	})
}
