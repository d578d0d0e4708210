package password

import (
	"runtime"
	"sync"
	"time"

	"gatehouse/internal/machine"
)

// A pressure decides how much of its cores hashing leaves to everything else when that needs
// more than what hashes leave anyhow (Options.MaxParallel): on two cores, that is half of the
// machine less what else sign-ins cost, while many sign in.
type pressure struct {
	cores, slots float64
	// cpu is machine.CPUTime, and now the clock beside it; tests have their own.
	cpu func() machine.CPU
	now func() time.Time

	mu     sync.Mutex
	since  time.Time     // when the window began
	before time.Duration // what the process had used by then
	hashed time.Duration // what hashes have used since then
	took   time.Duration // how long they took: longer, if the machine does other things, too
	share  float64       // of its time in which a slot hashes
}

const (
	// window is how long at least the use of the cores is averaged over.
	window = 100 * time.Millisecond
	// room is how many times as much as it uses everything else may use. What else sign-ins
	// cost, half a core for each that hashes at most, must not slow them down by this.
	room = 1.75
	// mostDelay bounds what a hash that was held up says of everything else: sign-ins alone
	// must not rest for a neighbour's sake.
	mostDelay = 1.5
	// leastShare is that of hashes, however much everything else needs.
	leastShare = 0.4
	// longestRest is a fraction of how long callers wait (Options.Wait): a hash made elsewhere
	// may take a second.
	longestRest = 250 * time.Millisecond
)

func newPressure(cores int, slots int64) *pressure {
	return &pressure{cores: float64(cores), slots: float64(slots), cpu: machine.CPUTime, now: time.Now, share: 1} //nolint:forbidigo // it measures durations
}

// rest runs a hash, and returns how long its slot rests afterwards: at most one and a
// half times as long as the hash took. Its own answer does not wait for that.
func (p *pressure) rest(hash func()) time.Duration {
	runtime.LockOSThread() // another thread has another clock
	defer runtime.UnlockOSThread()
	begun, before := p.now(), p.cpu()
	hash()
	took, after := p.now().Sub(begun), p.cpu()
	share := p.count(begun.Add(took), after.Process, after.Thread-before.Thread, took)
	return min(time.Duration(float64(took)*(1/share-1)), longestRest)
}

// count counts a hash, and at the end of a window sets the share anew.
func (p *pressure) count(now time.Time, process, used, took time.Duration) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hashed += used
	p.took += took
	length := now.Sub(p.since)
	if length < window {
		return p.share
	}
	p.share = 1
	if p.hashed > 0 {
		// What took a hash longer than its work holds up everything else alike.
		delay := min(p.took.Seconds()/p.hashed.Seconds(), mostDelay)
		others := (process - p.before - p.hashed).Seconds() / length.Seconds() * delay
		p.share = min(max((p.cores-room*others)/p.slots, leastShare), 1)
	}
	p.since, p.before, p.hashed, p.took = now, process, 0, 0
	return p.share
}
