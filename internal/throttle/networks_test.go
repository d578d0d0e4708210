package throttle_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/throttle"
)

// spray makes a network use up its free tries, with one try at each account.
func (r *rig) spray(t *testing.T, ctx context.Context) {
	t.Helper()
	for i := range r.Rules.Network.Free {
		if d := r.wrong(t, ctx, fmt.Sprintf("victim %d", i)); d != 0 {
			t.Fatalf("try %d was refused for %s, want 0", i, d)
		}
	}
	if d := r.wrong(t, ctx, "one more"); d != 0 {
		t.Fatalf("refused for %s before it is known to be too much, want 0", d)
	}
}

func TestSprayingSlowsTheNetworkDown(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	r.spray(t, ctx)
	for i := range 10 {
		d := r.wrong(t, ctx, fmt.Sprintf("fresh %d", i))
		if d != time.Second {
			t.Fatalf("wait = %s, want 1s", d)
		}
		if r.wrong(t, from(t, "198.51.100.1"), fmt.Sprintf("fresh %d", i)) != 0 {
			t.Fatal("another network is slowed down too, want no wait")
		}
		r.advance(d)
		if d := r.wrong(t, ctx, fmt.Sprintf("fresh %d", i)); d != 0 {
			t.Fatalf("after waiting as told: refused for %s, want 0", d)
		}
	}
	r.advance(r.Rules.Network.Forget)
	r.spray(t, ctx)
}

// TestSlowedNetworkAdmitsOneAtATime sends a burst, which must not get in before its
// failures reach the shared count.
func TestSlowedNetworkAdmitsOneAtATime(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	r.spray(t, ctx)
	r.advance(time.Second)
	var passed atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if _, err := r.SignIn(ctx, throttle.Person(fmt.Sprintf("fresh %d", i))); err == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := passed.Load(); n != 1 {
		t.Errorf("%d of 50 were admitted at once, want 1", n)
	}
}

// TestSuccessesCostTheNetworkNothing has an office that signs in, before and after
// somebody there sprayed.
func TestSuccessesCostTheNetworkNothing(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	succeed := func(i int) {
		t.Helper()
		a, err := r.SignIn(ctx, throttle.Person(fmt.Sprintf("colleague %d", i)))
		if err != nil {
			t.Fatalf("the sign-in of colleague %d: %v", i, err)
		}
		a.Succeeded(ctx)
	}
	for i := range 500 {
		succeed(i)
	}
	r.spray(t, ctx)
	r.advance(time.Second)
	for i := range 500 {
		succeed(i)
	}
}

// TestOwnSuccessLiftsNoBlock checks that attackers cannot use accounts of their own to
// get more tries at those of others.
func TestOwnSuccessLiftsNoBlock(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	own, err := r.SignIn(ctx, throttle.Person("mallory")) // started before the network is slowed down
	if err != nil {
		t.Fatalf("signing in: %v", err)
	}
	r.spray(t, ctx)
	own.Succeeded(ctx)
	if r.wrong(t, ctx, "fresh") == 0 {
		t.Error("a success lifted the block, want a wait")
	}
}

// TestRefusedTriesChargeNoNetwork floods one account: it is slowed down, but its network
// keeps its free tries.
func TestRefusedTriesChargeNoNetwork(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	r.exhaust(t, ctx, "ann")
	for range 1000 {
		if r.wrong(t, ctx, "ann") == 0 {
			t.Fatal("the try was let through, want a wait")
		}
	}
	for i := range r.Rules.Network.Free - r.Rules.SignIn.Free {
		if d := r.wrong(t, ctx, fmt.Sprintf("colleague %d", i)); d != 0 {
			t.Fatalf("colleague %d was refused for %s, want 0", i, d)
		}
	}
}

func TestRefusedAccountTakesNoTurn(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	for d := time.Duration(0); d < time.Minute; d = r.wrong(t, ctx, "ann") {
		r.advance(d)
	}
	for i := 0; r.wrong(t, ctx, fmt.Sprintf("victim %d", i)) == 0; i++ {
	}
	r.advance(time.Second)
	if r.wrong(t, ctx, "ann") <= time.Second {
		t.Fatal("the account itself was not what refused, want its longer wait")
	}
	if d := r.wrong(t, ctx, "bob"); d != 0 {
		t.Errorf("a refused try took the network's turn: wait %s, want 0", d)
	}
}
