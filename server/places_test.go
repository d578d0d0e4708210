package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/reqctx"
)

// sendFrom sends a request for work from an address.
func sendFrom(ctx context.Context, h http.Handler, address string) int {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/work", nil)
	h.ServeHTTP(w, r.WithContext(reqctx.With(ctx, &reqctx.Info{IP: netip.MustParseAddr(address)})))
	return w.Code
}

// There are two places, and one network asks for hundreds. A request of another network
// waits for two at most.
func TestAFloodFromOneNetworkKeepsNobodyElseOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work = 40 * time.Millisecond
		h := gated(func(http.ResponseWriter, *http.Request) error { time.Sleep(work); return nil }, func() {})
		var flood sync.WaitGroup
		ctx, over := context.WithCancel(t.Context())
		for i := range 500 {
			address := []string{"2001:db8::1", "2001:db8::2:1"}[i%2] // of one network
			flood.Go(func() {
				for ctx.Err() == nil {
					sendFrom(ctx, h, address)
				}
			})
		}
		for _, address := range []string{"2001:db8:0:1::1", "192.0.2.1", "192.0.2.2", "198.51.100.1"} {
			time.Sleep(10 * work / 3)
			synctest.Wait()
			start := time.Now()
			if got := sendFrom(t.Context(), h, address); got != 200 || time.Since(start) > 3*work {
				t.Errorf("%s: status %d after %s, want 200 within %s", address, got, time.Since(start), 3*work)
			}
		}
		over()
		flood.Wait()
	})
}

// Queues of several lengths are served in turn, with one place.
func TestNetworksAreServedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		if err := p.acquire(t.Context(), patience); err != nil {
			t.Fatalf("acquiring a place: %v", err)
		}
		var order []string
		var all sync.WaitGroup
		for _, caller := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.1.0.1", "10.1.0.2", "10.2.0.1"} {
			all.Go(func() {
				ctx := reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr(caller)})
				if err := p.acquire(ctx, patience); err != nil {
					t.Errorf("acquiring a place: %v", err)
				}
				order = append(order, caller)
				p.release()
			})
			synctest.Wait()
		}
		p.release()
		all.Wait()
		want := []string{"10.0.0.1", "10.1.0.1", "10.2.0.1", "10.0.0.2", "10.1.0.2", "10.0.0.3"}
		for i := range want {
			if order[i] != want[i] {
				t.Fatalf("%v, want %v", order, want)
			}
		}
		if p.free != 1 || len(p.lines) != 0 || p.turns.Len() != 0 {
			t.Errorf("%d places free, %d lines, %d turns left, want 1, 0 and 0", p.free, len(p.lines), p.turns.Len())
		}
	})
}

// A request that gives up holds neither a place nor a turn, whatever happens at once.
func TestARequestThatGivesUpHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(3)
		var all sync.WaitGroup
		for i := range 2000 {
			all.Go(func() {
				address := netip.AddrFrom4([4]byte{10, 0, byte(i % 7), 1})
				ctx, cancel := context.WithTimeout(reqctx.With(t.Context(), &reqctx.Info{IP: address}), time.Duration(i%90)*time.Millisecond)
				defer cancel()
				err := p.acquire(ctx, 60*time.Millisecond)
				if err == nil {
					time.Sleep(time.Duration(i%5) * time.Millisecond)
					p.release()
				} else if !errors.Is(err, handlers.ErrBusy) && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("acquiring a place: err = %v, want ErrBusy or DeadlineExceeded", err)
				}
			})
		}
		all.Wait()
		if p.free != 3 || len(p.lines) != 0 || p.turns.Len() != 0 {
			t.Errorf("%d places free, %d lines, %d turns left, want 3, 0 and 0", p.free, len(p.lines), p.turns.Len())
		}
	})
}

// A request that was cancelled before it got here begins nothing.
func TestACancelledRequestGetsNoPlace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := newPlaces(1)
	if err := p.acquire(ctx, patience); !errors.Is(err, context.Canceled) || p.free != 1 {
		t.Errorf("acquiring a place: err = %v, %d places free, want context.Canceled and 1", err, p.free)
	}
}
