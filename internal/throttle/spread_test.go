package throttle_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// address returns the address of the i-th network in a wider one: a /64 in a /56 or /48,
// or a /24 in a /16.
func address(wide string, i int) string {
	switch wide {
	case "/56":
		return fmt.Sprintf("2001:db8:1:7%02x::1", i%256)
	case "/48":
		return fmt.Sprintf("2001:db8:1:%x::1", i%256<<8|i/256)
	case "/16":
		return fmt.Sprintf("198.51.%d.1", i%256)
	}
	return fmt.Sprintf("2001:db8:%x::1", i) // another /48 each
}

// TestSpreadTriesAtOneAccount makes 1,000 tries at one account, five from each network.
// Most are refused, and the owner elsewhere is not.
func TestSpreadTriesAtOneAccount(t *testing.T) {
	for wide, most := range map[string]int{"/56": 11, "/48": 21, "/16": 21} {
		t.Run(wide, func(t *testing.T) {
			for name, account := range map[string]throttle.Account{"a person": throttle.Person("ann"), "nobody": throttle.Nobody("ann")} {
				r, judged := newRig(), 0
				for i := range 1000 {
					ctx := from(t, address(wide, i/5))
					if a, err := r.SignIn(ctx, account); err == nil {
						a.Failed(ctx)
						judged++
					}
				}
				if judged != most {
					t.Errorf("%s: %d of 1000 tries were judged, want %d", name, judged, most)
				}
				ctx := from(t, "203.0.113.9")
				if _, err := r.SignIn(ctx, account); err != nil {
					t.Errorf("%s: from elsewhere: %v, want no wait", name, err)
				}
			}
		})
	}
}

// TestSpreadTriesAtManyAccounts tries one password at many accounts, from many networks
// of a wider one.
func TestSpreadTriesAtManyAccounts(t *testing.T) {
	for wide, most := range map[string]int{"/56": 2001, "/48": 4001, "/16": 4001} {
		r, judged := newRig(), 0
		for i := range 6000 {
			if r.wrong(t, from(t, address(wide, i)), fmt.Sprintf("victim %d", i)) == 0 {
				judged++
			}
		}
		if judged != most {
			t.Errorf("%s: %d of 6000 tries were judged, want %d", wide, judged, most)
		}
	}
}

// TestAnAccountUnderAttack makes tries from many sites. Then each site has one try at
// once, and the owner has theirs.
func TestAnAccountUnderAttack(t *testing.T) {
	r := newRig()
	var suspicions []throttle.Suspicion
	r.Suspect = func(_ context.Context, s throttle.Suspicion) { suspicions = append(suspicions, s) }
	site := 0
	attack := func(sites, each int) (judged int) {
		for range sites {
			site++
			for range each {
				if r.wrong(t, from(t, address("", site)), "ann") == 0 {
					judged++
				}
			}
		}
		return judged
	}
	if n := attack(20, 5); n != 100 {
		t.Fatalf("%d of the first 100 tries were judged, want all", n)
	}
	attack(1, 1) // the one that learns that these were enough
	if n := attack(20, 5); n != 20 {
		t.Errorf("%d tries from 20 more sites were judged, want one from each", n)
	}
	if want := []throttle.Suspicion{{What: "signin", Sub: "ann"}}; fmt.Sprint(suspicions) != fmt.Sprint(want) {
		t.Errorf("suspicions = %v, want %v", suspicions, want)
	}
	owner := from(t, "203.0.113.9")
	a, err := r.SignIn(owner, throttle.Person("ann"))
	if err != nil {
		t.Fatalf("the owner's first try: %v, want no wait", err)
	}
	a.Succeeded(owner)
	if _, err := r.SignIn(owner, throttle.Person("ann")); err != nil {
		t.Errorf("the owner again: %v, want no wait", err)
	}
	if d := r.wrong(t, from(t, address("", site)), "bob"); d != 0 {
		t.Errorf("another account: wait %s, want 0", d)
	}
	r.advance(r.Rules.Attack.Forget)
	if n := attack(1, 5); n != 5 {
		t.Errorf("an hour after the attack %d of 5 tries were judged, want all", n)
	}
}

// TestOneSuspicionForAllReplicas has parallel tries at two replicas.
func TestOneSuspicionForAllReplicas(t *testing.T) {
	var replicas [2]*rig
	var suspicions atomic.Int32
	for i := range replicas {
		replicas[i] = newRig()
		replicas[i].Store = replicas[0].Store
		replicas[i].Suspect = func(context.Context, throttle.Suspicion) { suspicions.Add(1) }
	}
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() { replicas[i%2].wrong(t, from(t, address("", i)), "ann") })
	}
	wg.Wait()
	if n := suspicions.Load(); n != 1 {
		t.Errorf("%d suspicions, want 1", n)
	}
}

// TestABrowserThatSignedThePersonInBefore is the owner's, next to a guesser.
func TestABrowserThatSignedThePersonInBefore(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	r.spray(t, ctx)
	if r.wrong(t, ctx, "ann") == 0 {
		t.Fatal("the guesser is not refused, want a wait")
	}
	own := throttle.WithBrowser(ctx, func(sub string) string { return map[string]string{"ann": "browser 1"}[sub] })
	for range 10 {
		a, err := r.SignIn(own, throttle.Person("ann"))
		if err != nil {
			t.Fatalf("the owner: %v, want no wait", err)
		}
		a.Succeeded(own)
	}
	if _, err := r.SignIn(own, throttle.Person("bob")); wait(t, err) == 0 {
		t.Error("the browser tries at somebody else: no wait, want the network's")
	}
	if _, err := r.SignIn(own, throttle.Nobody("ann")); wait(t, err) == 0 {
		t.Error("the browser tries at nobody: no wait, want the network's")
	}
	r.exhaust(t, own, "ann") // nor can it be used to guess
	if _, err := r.SignIn(ctx, throttle.Person("ann")); wait(t, err) == 0 {
		t.Error("the guesser after that: no wait, want one")
	}
}

// TestAPersonWhoIsSignedInHasOneCount confirms from many networks.
func TestAPersonWhoIsSignedInHasOneCount(t *testing.T) {
	r := newRig()
	judged := 0
	for i := range 100 {
		ctx := from(t, address("", i))
		if a, err := r.SignIn(ctx, throttle.SignedIn("ann")); err == nil {
			a.Failed(ctx)
			judged++
		}
	}
	if judged != r.Rules.SignIn.Free {
		t.Errorf("%d of 100 tries were judged, want %d", judged, r.Rules.SignIn.Free)
	}
	if d := r.wrong(t, from(t, "192.0.2.1"), "ann"); d != 0 {
		t.Errorf("signing in after that: wait %s, want 0", d)
	}
}

// TestSlotsOfWiderNetworks takes slots for sign-ups and user codes from many networks.
func TestSlotsOfWiderNetworks(t *testing.T) {
	kinds := map[string]func(*throttle.Limiter, context.Context) (*throttle.Attempt, error){
		"signup": (*throttle.Limiter).SignUp, "user_code": (*throttle.Limiter).UserCode,
	}
	for kind, take := range kinds {
		for wide, times := range map[string]int{"/56": 2, "/48": 4, "/16": 4} {
			r, taken := newRig(), 0
			var suspected []string
			r.Suspect = func(_ context.Context, s throttle.Suspicion) { suspected = append(suspected, s.What+" "+s.Network) }
			free := map[string]int{"signup": r.Rules.SignUp.Free, "user_code": r.Rules.UserCode.Free}[kind]
			for i := range 5 * free {
				if _, err := take(r.Limiter, from(t, address(wide, i))); err == nil {
					taken++
				}
			}
			if taken != times*free {
				t.Errorf("%s from a %s: %d of %d were allowed, want %d", kind, wide, taken, 5*free, times*free)
			}
			if len(suspected) != 1 {
				t.Errorf("%s from a %s: suspicions %q, want one", kind, wide, suspected)
			}
			a, err := take(r.Limiter, from(t, "203.0.113.9"))
			if err != nil {
				t.Fatalf("%s from elsewhere: %v", kind, err)
			}
			a.Abandoned(t.Context())
		}
	}
}

// TestARefusedSlotCostsTheNarrowerNetworksNothing refuses in the /48 only.
func TestARefusedSlotCostsTheNarrowerNetworksNothing(t *testing.T) {
	r := newRig()
	for i := range 4 * r.Rules.UserCode.Free {
		if _, err := r.UserCode(from(t, address("/48", i))); err != nil {
			t.Fatalf("code %d: %v, want no wait", i, err)
		}
	}
	last := from(t, address("/48", 0xffff))
	_, err := r.UserCode(last)
	d := wait(t, err)
	for range 10 * r.Rules.UserCode.Free {
		_, _ = r.UserCode(last)
	}
	r.advance(d)
	if _, err := r.UserCode(last); err != nil {
		t.Errorf("after waiting as told: %v, want no wait", err)
	}
}

// TestMadeUpNamesStayInThisProcess floods with names that are nobody's, each from a
// network of its own. The shared store keeps a ration of their keys, and people are
// counted there as ever.
func TestMadeUpNamesStayInThisProcess(t *testing.T) {
	r := newRig()
	keys := &countingStore{Throttles: r.Store, keys: map[store.Digest]struct{}{}}
	r.Store = keys
	const ration, each = 50_000, 8 // keys of a name and its networks
	for i := range ration/each + 2000 {
		ctx := reqctx.With(t.Context(), &reqctx.Info{IP: netip.AddrFrom16([16]byte{0x20, 1, byte(i >> 16), byte(i >> 8), byte(i)})})
		if a, err := r.SignIn(ctx, throttle.Nobody(fmt.Sprint("nobody ", i))); err == nil {
			a.Failed(ctx)
		}
		_ = r.Failure(ctx, "client", fmt.Sprint("nobody ", i))
	}
	if n := len(keys.keys); n > ration {
		t.Errorf("%d keys in the shared store, want at most %d", n, ration)
	}
	ctx := from(t, "192.0.2.1")
	r.exhaust(t, ctx, "ann")
	shared := newRig()
	shared.Store = r.Store
	if shared.wrong(t, ctx, "ann") == 0 {
		t.Error("another replica does not know of the tries at a person, want a wait")
	}
	name := throttle.Nobody("one more")
	for range r.Rules.SignIn.Free {
		if _, err := r.SignIn(ctx, name); err != nil {
			t.Fatalf("a free try at nobody: %v", err)
		}
	}
	if _, err := r.SignIn(ctx, name); wait(t, err) != time.Second {
		t.Errorf("a try at nobody: %v, want to wait 1s, as at a person", err)
	}
}

// A countingStore remembers its keys.
type countingStore struct {
	store.Throttles
	mu   sync.Mutex
	keys map[store.Digest]struct{}
}

func (s *countingStore) Take(ctx context.Context, key store.Digest, r store.Rule) (store.Decision, error) {
	s.mu.Lock()
	s.keys[key] = struct{}{}
	s.mu.Unlock()
	return s.Throttles.Take(ctx, key, r)
}
