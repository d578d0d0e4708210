package password

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type networkKey struct{}

// named reads the network that as put into a context.
func named(ctx context.Context) string {
	network, _ := ctx.Value(networkKey{}).(string)
	return network
}

func as(t *testing.T, network string) context.Context {
	return context.WithValue(t.Context(), networkKey{}, network)
}

// TestAFloodTakesNobodysPlace has networks that flood, and one that signs in now and
// then. A hash takes a second.
func TestAFloodTakesNobodysPlace(t *testing.T) {
	for name, floods := range map[string]int{"one network floods": 1, "two networks flood": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := slow(Options{MaxParallel: 1, MaxWaiting: 20, Wait: 4 * time.Second, Network: named})
				over, stop := context.WithCancel(t.Context())
				var all sync.WaitGroup
				var turnedAway atomic.Int64
				for i := range 100 {
					all.Go(func() {
						ctx := as(t, "flood "+strconv.Itoa(i%floods))
						for over.Err() == nil {
							if err := h.Room(ctx); err != nil {
								turnedAway.Add(1)
								time.Sleep(100 * time.Millisecond)
								continue
							}
							if _, err := h.Hash(ctx, "correct horse battery"); errors.Is(err, ErrBusy) {
								turnedAway.Add(1)
							}
						}
					})
				}
				for i := range 20 {
					time.Sleep(700 * time.Millisecond)
					ctx := as(t, "quiet")
					if err := h.Room(ctx); err != nil {
						t.Errorf("asking for room the %d. time: %v, want some", i+1, err)
					}
					if _, err := h.Hash(ctx, "correct horse battery"); err != nil {
						t.Errorf("hashing the %d. time: %v, want no error", i+1, err)
					}
				}
				stop()
				all.Wait()
				if turnedAway.Load() == 0 {
					t.Error("none of the flood was turned away, want most of it")
				}
			})
		})
	}
}

// TestQueue holds the only slot, lets callers join, and turns away those that the rule
// says.
func TestQueue(t *testing.T) {
	for _, c := range []struct {
		name, callers, refused string // callers by network, in order; refused by number
	}{
		{"room for all", "aaab", ""},
		{"the own network has its share", "aaaaaa", "45"},
		{"others have more than theirs", "aaaabb", "32"},
		{"as many networks as places", "abcde", "4"},
		{"more than its share stays while there is room", "aaab", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(1, 4)
				if err := q.acquire(t.Context(), "", 1); err != nil {
					t.Fatalf("acquiring the slot: %v", err)
				}
				var all sync.WaitGroup
				refused := make([]bool, len(c.callers))
				for i, network := range c.callers {
					all.Go(func() {
						full := q.full(string(network))
						err := q.acquire(t.Context(), string(network), 1)
						refused[i] = errors.Is(err, errFull)
						if full && !refused[i] {
							t.Errorf("caller %d was told that the queue is full, and was let in, want it turned away", i)
						}
						if err == nil {
							q.release(1)
						}
					})
					synctest.Wait()
				}
				q.release(1)
				all.Wait()
				for i, was := range refused {
					if want := strings.Contains(c.refused, strconv.Itoa(i)); was != want {
						t.Errorf("caller %d was turned away: %t, want %t", i, was, want)
					}
				}
				if q.free != 1 || q.length() != 0 || q.turns.Len() != 0 || len(q.lines) != 0 {
					t.Errorf("afterwards %d slots are free, %d callers wait in %d lines; want 1, 0 and 0", q.free, q.length(), len(q.lines))
				}
			})
		})
	}
}

// TestALargeHashIsNotOvertaken has callers that need one slot behind one that needs all.
func TestALargeHashIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(3, 10)
		for range 3 {
			if err := q.acquire(t.Context(), "", 1); err != nil {
				t.Fatalf("acquiring a slot: %v", err)
			}
		}
		var order []string
		var all sync.WaitGroup
		impatient, leave := context.WithCancel(t.Context())
		for _, w := range []struct {
			name  string
			ctx   context.Context
			slots int64
		}{{"gone", impatient, 3}, {"large", t.Context(), 3}, {"small", t.Context(), 1}} {
			all.Go(func() {
				if err := q.acquire(w.ctx, w.name, w.slots); err == nil {
					order = append(order, w.name)
					q.release(w.slots)
				}
			})
			synctest.Wait()
		}
		leave()
		q.release(1)
		synctest.Wait()
		if len(order) != 0 {
			t.Errorf("%q were served while two slots are taken, want none", order)
		}
		q.release(2)
		all.Wait()
		if len(order) != 2 || order[0] != "large" {
			t.Errorf("served %q, want the large one and then the small one", order)
		}
	})
}
