package machine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestTheHeapIsGivenBackAtRest: each turn allocates and holds so much, in MiB.
func TestTheHeapIsGivenBackAtRest(t *testing.T) {
	for what, c := range map[string]struct {
		allocated, held []uint64
		freed           int
	}{
		"a start that is over":             {[]uint64{20, 0}, []uint64{12, 12}, 1},
		"a start that goes on":             {[]uint64{20, 20, 20}, []uint64{12, 12, 12}, 0},
		"a flood, and another":             {[]uint64{9, 0, 9, 0}, []uint64{60, 60, 60, 60}, 2},
		"nothing more to give":             {[]uint64{20, 0, 0, 0}, []uint64{12, 12, 4, 5}, 1},
		"a little at a time":               {[]uint64{20, 0, 1, 1, 1}, []uint64{12, 12, 4, 5, 6}, 2},
		"given by the collector meanwhile": {[]uint64{20, 0, 5, 1}, []uint64{12, 12, 1, 3}, 2},
	} {
		const left = 4 << 20
		var now heap
		freed := 0
		r := rester{look: func() heap { return now }, free: func() { freed++; now.held = left }}
		for i := range c.allocated {
			now.allocated += c.allocated[i] << 20
			now.held = c.held[i] << 20
			r.turn()
		}
		if freed != c.freed {
			t.Errorf("%s: given back %d times, want %d", what, freed, c.freed)
		}
	}
}

// TestWhatTheHeapHoldsIsLookedAt in the runtime's own figures.
func TestWhatTheHeapHoldsIsLookedAt(t *testing.T) {
	before := lookAtHeap()
	kept := make([]byte, 32<<20)
	after := lookAtHeap()
	if grown := after.allocated - before.allocated; grown < uint64(len(kept)) || after.held < uint64(len(kept)) {
		t.Errorf("with 32 MiB more, %d bytes were allocated and %d are held, want those at least", grown, after.held)
	}
	clear(kept)
}

func TestRestEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { Rest(ctx); close(done) }()
		time.Sleep(3 * lookEvery)
		stop()
		<-done
	})
}
