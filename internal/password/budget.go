package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// ErrBusy matches every *Busy in errors.Is.
var ErrBusy = errors.New("too many passwords are being checked")

// Busy is the error when the budget is spent and the queue is full or does not move in
// time.
type Busy struct {
	// RetryAfter is how long to wait before the next try.
	RetryAfter time.Duration
}

func (*Busy) Error() string { return ErrBusy.Error() }

// Is makes errors.Is(err, ErrBusy) true.
func (*Busy) Is(target error) bool { return target == ErrBusy }

const kibPerMiB = 1024

func (o Options) withDefaults() Options {
	setDefault(&o.Parallelism, 1)
	spare := runtime.GOMAXPROCS(0) - 1
	if !o.PBKDF2 {
		spare = min(spare, o.BudgetMiB*kibPerMiB/o.MemoryKiB)
	}
	setDefault(&o.MaxParallel, spare)
	o.MaxParallel = max(o.MaxParallel, 1)
	setDefault(&o.Wait, 2*time.Second)
	setDefault(&o.MaxWaiting, 16+64*o.MaxParallel)
	if o.Network == nil {
		o.Network = func(context.Context) string { return "" }
	}
	return o
}

func setDefault[T int | time.Duration](value *T, fallback T) {
	if *value == 0 {
		*value = fallback
	}
}

// A budget admits a bounded number of hashes at once.
type budget struct {
	queue   *queue
	network func(context.Context) string
	// count is the number of slots, each for one hash of slotKiB. PBKDF2 takes no memory, so
	// there each slot has its part of all of it, for the argon2id hashes that are left.
	count   int64
	slotKiB uint32
	// memoryKiB bounds the memory of a stored hash.
	memoryKiB uint32

	pressure *pressure

	// worked is signalled after a hash, for GiveBack.
	worked chan struct{}

	working atomic.Int64
	wait    time.Duration
}

func newBudget(o Options) *budget {
	return &budget{
		pressure:  newPressure(runtime.GOMAXPROCS(0), int64(o.MaxParallel)),
		worked:    make(chan struct{}, 1),
		queue:     newQueue(int64(o.MaxParallel), o.MaxWaiting),
		network:   o.Network,
		count:     int64(o.MaxParallel),
		slotKiB:   slotKiB(o),
		memoryKiB: uint32(max(o.BudgetMiB*kibPerMiB, o.MemoryKiB)), //nolint:gosec // G115: likewise
		wait:      o.Wait,
	}
}

func slotKiB(o Options) uint32 {
	if o.PBKDF2 {
		return uint32(max(1, o.BudgetMiB*kibPerMiB/o.MaxParallel)) //nolint:gosec // G115: config bounds it far below
	}
	return uint32(o.MemoryKiB) //nolint:gosec // G115: likewise
}

// spend runs work, which needs memoryKiB, when its turn comes.
func (b *budget) spend(ctx context.Context, memoryKiB uint32, work func()) error {
	slots := b.slotsFor(memoryKiB)
	if err := b.acquire(ctx, slots); err != nil {
		return err
	}
	var rest time.Duration
	defer func() { b.releaseAfter(rest, slots) }()
	b.working.Add(1)
	defer b.working.Add(-1)
	rest = b.pressure.rest(work)
	return nil
}

// releaseAfter leaves the slots to nobody for as long as they rest.
func (b *budget) releaseAfter(rest time.Duration, slots int64) {
	if rest > 0 {
		time.AfterFunc(rest, func() { b.release(slots) })
		return
	}
	b.release(slots)
}

// busy returns a *Busy with the wait, give or take half of it, so that callers who were
// turned away together do not come back together.
func (b *budget) busy() *Busy {
	var chance [1]byte
	_, _ = rand.Read(chance[:]) // never fails, as documented
	return &Busy{b.wait/2 + b.wait*time.Duration(chance[0])/256}
}

func (b *budget) release(slots int64) {
	b.queue.release(slots)
	select {
	case b.worked <- struct{}{}:
	default:
	}
}

// Load returns how many hashes are being made and how many callers wait for their turn.
func (h *Hasher) Load() (working, waiting int64) {
	return h.budget.working.Load(), int64(h.budget.queue.length())
}

// Capacity returns how many callers can be hashing or waiting at the same time.
func (h *Hasher) Capacity() int { return int(h.budget.count) + h.budget.queue.room }

// Room returns *Busy if the caller would be turned away at once. Callers ask before they
// do anything else, so that a flood costs the server little.
func (h *Hasher) Room(ctx context.Context) error {
	if h.budget.queue.full(h.budget.network(ctx)) {
		return h.budget.busy()
	}
	return nil
}

// slotsFor returns the number of slots for a hash. A foreign hash that needs more memory
// than ours takes several slots, at most all of them.
func (b *budget) slotsFor(memoryKiB uint32) int64 {
	slots := (int64(memoryKiB) + int64(b.slotKiB) - 1) / int64(b.slotKiB)
	return min(max(slots, 1), b.count)
}

// acquire waits for slots, for as long as a caller waits.
func (b *budget) acquire(ctx context.Context, slots int64) error {
	patience, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	if b.queue.acquire(patience, b.network(ctx), slots) == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("waiting to hash a password: %w", context.Cause(ctx))
	}
	return b.busy()
}

// quiet is how long no hash is made before the memory is given back.
const quiet = 30 * time.Second

// GiveBack returns what hashes are computed in to the operating system once a flood is
// over, until ctx ends. The heap is machine.Rest's.
func (h *Hasher) GiveBack(ctx context.Context) {
	idle := time.NewTimer(quiet)
	defer idle.Stop()
	for worked := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-h.budget.worked:
			worked = true
			idle.Reset(quiet)
		case <-idle.C:
			if worked {
				h.drop()
			}
			worked = false
		}
	}
}
