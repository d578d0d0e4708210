package password

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/machine"
)

// TestHashesLeaveRoomToEverythingElse: one second, in which each slot hashed without a pause,
// and everything else used so many cores.
func TestHashesLeaveRoomToEverythingElse(t *testing.T) {
	for what, c := range map[string]struct {
		cores, slots int
		others       float64
		delay        int // how many times as long as its work a hash took
		want         float64
	}{
		"nothing else":                     {2, 1, 0, 1, 1},
		"what else sign-ins cost":          {2, 1, 0.5, 1, 1},
		"some":                             {2, 1, 0.8, 1, 0.6},
		"all that was left":                {2, 1, 1, 1, 0.4},
		"some, and a busy machine":         {2, 1, 0.6, 2, 0.425},
		"sign-ins, and a busy machine":     {2, 1, 0.35, 9, 1},
		"one core":                         {1, 1, 0.2, 1, 0.65},
		"many cores, of which one is left": {16, 15, 0.5, 1, 1},
		"many cores, and four are used":    {16, 15, 4, 1, 0.6},
		"more slots than cores":            {2, 5, 0, 1, 0.4},
	} {
		p := newPressure(c.cores, int64(c.slots))
		begin := time.Unix(1e9, 0)
		p.count(begin, time.Hour, 0, 0)
		hashed := time.Duration(c.slots) * time.Second / time.Duration(c.delay)
		others := time.Duration(c.others * float64(time.Second))
		got := p.count(begin.Add(time.Second), time.Hour+hashed+others, hashed, time.Duration(c.slots)*time.Second)
		if math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s: a slot hashes for %.3f of the time, want %.3f", what, got, c.want)
		}
	}
}

func TestAPressureIsJudgedAnewInEachWindow(t *testing.T) {
	p, now := newPressure(2, 1), time.Unix(1e9, 0)
	p.count(now, 0, 0, 0)
	var process time.Duration
	for i, want := range []float64{1, 0.4, 0.4, 1} { // halves of windows; everything else stops after the first two
		now, process = now.Add(window/2), process+window/2
		if i < 2 {
			process += window
		}
		if got := p.count(now, process, window/2, window/2); got != want {
			t.Errorf("half %d: a slot hashes for %.1f of the time, want %.1f", i, got, want)
		}
	}
}

// TestASlotRestsAndTheAnswerDoesNotWait: two hashes of a second, in one slot. A rest of one
// and a half seconds would be too long.
func TestASlotRestsAndTheAnswerDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := slow(Options{MaxParallel: 1, MaxWaiting: 10, Wait: time.Minute})
		begun := time.Now()
		p := h.budget.pressure
		p.cores, p.since = 2, begun
		p.cpu = func() machine.CPU { // everything else uses a core
			spent := time.Since(begun)
			return machine.CPU{Process: 2 * spent, Thread: spent}
		}
		var answered [2]time.Duration
		var callers sync.WaitGroup
		for i := range answered {
			callers.Go(func() {
				if _, err := h.Hash(context.Background(), "correct horse battery"); err != nil {
					t.Errorf("hashing the password: %v", err)
				}
				answered[i] = time.Since(begun)
			})
		}
		callers.Wait()
		first, second := min(answered[0], answered[1]), max(answered[0], answered[1])
		if first != time.Second || second != 2*time.Second+longestRest {
			t.Errorf("answered after %s and %s, want 1s, and 2s with a rest of %s between them", first, second, longestRest)
		}
		time.Sleep(time.Minute) // the last rest
		if working, waiting := h.Load(); working+waiting != 0 {
			t.Errorf("%d work and %d wait, want none", working, waiting)
		}
	})
}

// TestARestIsAsLongAsTheShareSays: hashes of 8 ms, while everything else uses a core.
func TestARestIsAsLongAsTheShareSays(t *testing.T) {
	p, now := newPressure(2, 1), time.Unix(1e9, 0)
	begun := now
	p.now, p.since = func() time.Time { return now }, now
	p.cpu = func() machine.CPU { return machine.CPU{Process: 2 * now.Sub(begun), Thread: now.Sub(begun)} }
	var rested time.Duration
	for now.Sub(begun) <= window {
		rested = p.rest(func() { now = now.Add(8 * time.Millisecond) })
	}
	if want := 12 * time.Millisecond; rested.Round(time.Microsecond) != want {
		t.Errorf("a hash of 8 ms is followed by a rest of %s, want %s", rested, want)
	}
}
