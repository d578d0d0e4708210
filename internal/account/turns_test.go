package account

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/password"
)

func TestTurnsAtANameComeOneAtATime(t *testing.T) {
	var all turns
	var inside, most atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		names := []string{"ann", "ann@example.com"}
		if i%2 == 0 {
			names[0], names[1] = names[1], names[0]
		}
		wg.Go(func() {
			end, err := all.wait(t.Context(), names...)
			if err != nil {
				t.Errorf("taking a turn: %v", err)
				return
			}
			most.Store(max(most.Load(), inside.Add(1)))
			inside.Add(-1)
			end()
		})
	}
	wg.Wait()
	if most.Load() != 1 || len(all.names) != 0 {
		t.Errorf("%d at once, and %d names still held, want 1 and 0", most.Load(), len(all.names))
	}
}

func TestACancelledWaitHoldsNoTurn(t *testing.T) {
	var all turns
	end, err := all.wait(t.Context(), "ann")
	if err != nil {
		t.Fatalf("taking a turn: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.wait(gone, "ann", "bob"); !errors.Is(err, context.Canceled) {
		t.Errorf("taking a place: err = %v, want context.Canceled", err)
	}
	end()
	if len(all.names) != 0 {
		t.Errorf("held: %v, want no names", all.names)
	}
}

// Waiting is bounded in time and in number.
func TestACrowdAtOneNameIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns
		end, err := all.wait(t.Context(), "ann")
		if err != nil {
			t.Fatalf("taking a turn: %v", err)
		}
		start := time.Now()
		var wg sync.WaitGroup
		var atOnce, inTime atomic.Int32
		for range MaxTurns + 10 {
			wg.Go(func() {
				_, err := all.wait(t.Context(), "ann")
				if !errors.Is(err, password.ErrBusy) {
					t.Errorf("taking a place: err = %v, want ErrBusy", err)
				}
				switch time.Since(start) {
				case 0:
					atOnce.Add(1)
				case patience:
					inTime.Add(1)
				}
			})
		}
		wg.Wait()
		if atOnce.Load() != 10 || inTime.Load() != MaxTurns {
			t.Errorf("%d at once, %d in time, want 10 and %d", atOnce.Load(), inTime.Load(), MaxTurns)
		}
		end()
		if len(all.names) != 0 || all.waiting != 0 {
			t.Errorf("held: %v, %d wait, want no names and 0", all.names, all.waiting)
		}
	})
}
