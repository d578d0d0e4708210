package machine

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The bounds of a rest.
const (
	// lookEvery is how often Rest looks.
	lookEvery = time.Second
	// quietBytes is what a server at rest allocates at most from one look to the next: it
	// reads its keys, and perhaps answers somebody.
	quietBytes = 2 << 20
	// worthBytes is how much more the heap must hold than after the last time, or another
	// collection is not worth its milliseconds.
	worthBytes = 2 << 20
)

// Rest gives back to the operating system what a start or a flood has left of the heap, when
// it is over, until ctx ends. By itself Go keeps as much as the next collection would begin at,
// several times what is in use.
func Rest(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	rest := rester{look: lookAtHeap, free: debug.FreeOSMemory}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			rest.turn()
		}
	}
}

// A heap is what was allocated so far, and what is held now, in bytes.
type heap struct{ allocated, held uint64 }

// A rester decides when to rest.
type rester struct {
	look func() heap
	free func()
	last heap
	// kept is what was held after the last time.
	kept uint64
}

// turn gives memory back if it is quiet and there is something to give.
func (r *rester) turn() {
	now := r.look()
	quiet := now.allocated-r.last.allocated <= quietBytes
	if r.last = now; !quiet || now.held < r.kept+worthBytes {
		r.kept = min(r.kept, now.held) // the collector may have given some itself
		return
	}
	r.free()
	r.last = r.look()
	r.kept = r.last.held
}

func lookAtHeap() heap {
	all := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(all)
	h := heap{allocated: all[0].Value.Uint64()}
	for _, part := range all[1:] {
		h.held += part.Value.Uint64()
	}
	return h
}
