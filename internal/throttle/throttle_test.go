package throttle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// A clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A rig is a limiter with default rules and a clock of its own.
type rig struct {
	*throttle.Limiter
	clock
	log bytes.Buffer
}

func newRig() *rig {
	r := &rig{clock: clock{now: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}}
	r.Limiter = &throttle.Limiter{
		Store: throttle.NewMemory(r.clock.Now), Fallback: throttle.NewMemory(r.clock.Now),
		Rules: throttle.DefaultRules(), Now: r.clock.Now, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	}
	return r
}

// from returns the context of a request from an address.
func from(t *testing.T, address string) context.Context {
	return reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr(address)})
}

// wait returns how long err asks to wait; 0 if err is nil.
func wait(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	limited, ok := errors.AsType[*throttle.Limited](err)
	if !ok || limited.RetryAfter <= 0 {
		t.Fatalf("err = %v, want a *Limited with a time to wait", err)
	}
	return limited.RetryAfter
}

// wrong tries a wrong password, and returns how long to wait if the try is refused.
func (r *rig) wrong(t *testing.T, ctx context.Context, name string) time.Duration {
	t.Helper()
	a, err := r.SignIn(ctx, throttle.Person(name))
	if err == nil {
		a.Failed(ctx)
	}
	return wait(t, err)
}

// exhaust uses up the free tries at one account.
func (r *rig) exhaust(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for range r.Rules.SignIn.Free {
		if d := r.wrong(t, ctx, name); d != 0 {
			t.Fatalf("a free try was refused for %s, want 0", d)
		}
	}
	if d := r.wrong(t, ctx, name); d != r.Rules.SignIn.Delay {
		t.Fatalf("after the free tries the wait is %s, want %s", d, r.Rules.SignIn.Delay)
	}
}

func TestDelayDoublesUpToItsBound(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	r.exhaust(t, ctx, "ann")
	var told []time.Duration
	for range 12 {
		d := r.wrong(t, ctx, "ann")
		told = append(told, d)
		r.advance(d - time.Nanosecond)
		if r.wrong(t, ctx, "ann") == 0 {
			t.Fatalf("a try was let through before %s were over, want it refused", d)
		}
		r.advance(time.Nanosecond) // exactly as long as told
		if d := r.wrong(t, ctx, "ann"); d != 0 {
			t.Fatalf("after waiting as told: refused for %s, want 0", d)
		}
	}
	want := "[1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 8m32s 15m0s 15m0s]"
	if got := fmt.Sprint(told); got != want {
		t.Errorf("waits = %s, want %s", got, want)
	}
	r.advance(time.Hour)
	r.exhaust(t, ctx, "ann") // forgotten
}

// TestWhoIsSlowedDown checks that only the attacker is slowed down, and only for that
// account.
func TestWhoIsSlowedDown(t *testing.T) {
	tests := []struct {
		name, attacker, other, account string
		slowed                         bool
	}{
		{"the attacker", "192.0.2.1", "192.0.2.1", "ann", true},
		{"their neighbour in the /24", "192.0.2.1", "192.0.2.250", "ann", true},
		{"the owner elsewhere", "192.0.2.1", "192.0.3.1", "ann", false},
		{"others there", "192.0.2.1", "192.0.2.1", "bob", false},
		{"their neighbour in the /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff::", "ann", true},
		{"the owner in another /64", "2001:db8:1:2::1", "2001:db8:1:3::1", "ann", false},
		{"the same in another zone", "fe80::1%eth0", "fe80::1%eth1", "ann", true},
		{"the same, mapped into IPv6", "192.0.2.1", "::ffff:192.0.2.7", "ann", true},
		{"another, mapped into IPv6", "::ffff:192.0.2.1", "::ffff:198.51.100.1", "ann", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig()
			r.exhaust(t, from(t, tt.attacker), "ann")
			if slowed := r.wrong(t, from(t, tt.other), tt.account) > 0; slowed != tt.slowed {
				t.Errorf("slowed down: %t, want %t", slowed, tt.slowed)
			}
		})
	}
}

// TestNamesCannotBeMixedUp has a name that looks like the end of one key and the
// beginning of another.
func TestNamesCannotBeMixedUp(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	r.exhaust(t, ctx, "ann")
	for _, name := range []string{"", "ann\x00", "ann12:192.0.2.0/24", "3:ann"} {
		if d := r.wrong(t, ctx, name); d != 0 {
			t.Errorf("%q shares a count with ann, want one of its own", name)
		}
	}
}

func TestParallelTriesLetThroughTheFreeOnes(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	var passed atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if r.wrong(t, ctx, "ann") == 0 {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := int(passed.Load()); n != r.Rules.SignIn.Free {
		t.Errorf("%d of 50 parallel tries were let through, want %d", n, r.Rules.SignIn.Free)
	}
}

// A starting app signs one person in from many workers at once.
func TestParallelRightTriesAreAllLetThrough(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			a, err := r.SignIn(ctx, throttle.Person("ann"))
			if err != nil {
				t.Errorf("signing in: %v", err)
				return
			}
			time.Sleep(5 * time.Millisecond) // about as long as judging takes
			a.Succeeded(ctx)
		})
	}
	wg.Wait()
}

// TestParallelRightTriesAtTwoReplicas has the app's workers go through a load balancer.
func TestParallelRightTriesAtTwoReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counts := throttle.NewMemory(time.Now)
		var replicas [2]*throttle.Limiter
		for i := range replicas {
			replicas[i] = &throttle.Limiter{
				Store: counts, Fallback: throttle.NewMemory(time.Now), Rules: throttle.DefaultRules(),
				Now: time.Now, Log: slog.New(slog.DiscardHandler), Elsewhere: throttle.DefaultElsewhere,
			}
		}
		ctx := from(t, "192.0.2.1")
		var wg sync.WaitGroup
		hashing := [len(replicas)]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
		for i := range 50 {
			wg.Go(func() {
				a, err := replicas[i%2].SignIn(ctx, throttle.Person("ann"))
				if err != nil {
					t.Errorf("signing in: %v", err)
					return
				}
				hashing[i%2] <- struct{}{}
				time.Sleep(20 * time.Millisecond)
				<-hashing[i%2]
				a.Succeeded(ctx)
			})
		}
		wg.Wait()
	})
}

// TestWrongTriesElsewhereAreNoReasonToWaitLong checks that a try does not wait long if no
// success comes from elsewhere.
func TestWrongTriesElsewhereAreNoReasonToWaitLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &throttle.Limiter{
			Store: throttle.NewMemory(time.Now), Fallback: throttle.NewMemory(time.Now), Rules: throttle.DefaultRules(),
			Now: time.Now, Log: slog.New(slog.DiscardHandler), Elsewhere: throttle.DefaultElsewhere,
		}
		ctx := from(t, "192.0.2.1")
		for range l.Rules.SignIn.Free {
			if _, err := l.Store.Take(ctx, store.DigestOf("6:signin3:ann12:192.0.2.0/24"), l.Rules.SignIn); err != nil {
				t.Fatalf("taking from the throttle: %v", err)
			}
		}
		began := time.Now()
		_, err := l.SignIn(ctx, throttle.Person("ann"))
		if d := wait(t, err); d != 300*time.Millisecond || time.Since(began) != l.Elsewhere {
			t.Errorf("refused for %s after %s, want for the rest of the delay after %s", d, time.Since(began), l.Elsewhere)
		}
		began = time.Now()
		if _, err = l.SignIn(ctx, throttle.Person("ann")); wait(t, err) != 300*time.Millisecond || time.Since(began) != 0 {
			t.Errorf("the next one: %v after %s, want at once", err, time.Since(began))
		}
	})
}

func TestVerdicts(t *testing.T) {
	testkit.Long(t)
	tests := []struct {
		name    string
		verdict func(*throttle.Attempt, context.Context)
		free    int // tries left afterwards, of five with four taken and one judged
	}{
		{"failed", (*throttle.Attempt).Failed, 0},
		{"succeeded", (*throttle.Attempt).Succeeded, 5},
		{"abandoned", (*throttle.Attempt).Abandoned, 1},
		{"none", func(*throttle.Attempt, context.Context) {}, 0},
		{"the first counts", func(a *throttle.Attempt, ctx context.Context) {
			a.Failed(ctx)
			a.Abandoned(ctx)
			a.Succeeded(ctx)
		}, 0},
		{"after the caller went away", func(a *throttle.Attempt, ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			a.Succeeded(ctx)
		}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, ctx := newRig(), from(t, "192.0.2.1")
			for range 4 {
				r.wrong(t, ctx, "ann")
			}
			a, err := r.SignIn(ctx, throttle.Person("ann"))
			if err != nil {
				t.Fatalf("signing in: %v", err)
			}
			tt.verdict(a, ctx)
			free := 0
			for r.wrong(t, ctx, "ann") == 0 {
				free++
			}
			if free != tt.free {
				t.Errorf("%d tries are free afterwards, want %d", free, tt.free)
			}
		})
	}
}

func TestSignUp(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	for range r.Rules.SignUp.Free {
		a, err := r.SignUp(ctx)
		if err != nil {
			t.Fatalf("signing up: %v", err)
		}
		a.Succeeded(ctx) // sign-ups count, whatever becomes of them
	}
	_, err := r.SignUp(ctx)
	if d := wait(t, err); d != 2*time.Second {
		t.Errorf("wait = %s, want 2s", d)
	}
	if _, err := r.SignUp(from(t, "198.51.100.1")); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	r.advance(2 * time.Second)
	a, err := r.SignUp(ctx)
	if err != nil {
		t.Fatalf("signing up: %v", err)
	}
	a.Abandoned(ctx)
	if a, err = r.SignUp(ctx); err != nil {
		t.Fatalf("after a slot was given back: %v", err)
	}
	a.Failed(ctx)
	if _, err = r.SignUp(ctx); wait(t, err) == 0 {
		t.Error("a failed sign-up was not counted, want a wait")
	}
}

// TestMailsThatPeopleAskFor are counted by address and purpose, from wherever, and by network.
func TestMailsThatPeopleAskFor(t *testing.T) {
	r := newRig()
	for i := range r.Rules.Mail.Free {
		if _, err := r.Mail(from(t, fmt.Sprintf("198.51.%d.1", 100+i)), "reset", "ann@example.org"); err != nil {
			t.Fatalf("asking for mail %d: %v", i+1, err)
		}
	}
	ctx := from(t, "192.0.2.1")
	for range 3 { // a refused one does not count
		if _, err := r.Mail(ctx, "reset", "ann@example.org"); wait(t, err) != 12*time.Minute {
			t.Errorf("one mail more: %v, want a wait of 12 minutes", err)
		}
	}
	if _, err := r.Mail(ctx, "verify", "ann@example.org"); err != nil {
		t.Errorf("for another purpose: %v, want it allowed", err)
	}
	for i := range r.Rules.MailNetwork.Free - 1 {
		a, err := r.Mail(ctx, "reset", fmt.Sprintf("ann%d@example.org", i))
		if err != nil {
			t.Fatalf("asking for mail to another address: %v", err)
		}
		a.Succeeded(ctx)
	}
	if _, err := r.Mail(ctx, "reset", "ben@example.org"); wait(t, err) != 2*time.Minute {
		t.Errorf("one mail more from the network: %v, want a wait of 2 minutes", err)
	}
	if _, err := r.Mail(from(t, "203.0.113.1"), "reset", "ben@example.org"); err != nil {
		t.Errorf("from elsewhere: %v, want it allowed", err)
	}
	r.advance(12 * time.Minute)
	if _, err := r.Mail(ctx, "reset", "ann@example.org"); err != nil {
		t.Errorf("after the wait: %v, want it allowed", err)
	}
}

func TestFailures(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	for range r.Rules.Failure.Free {
		if err := r.Failure(ctx, "client", "shop"); err != nil {
			t.Fatalf("counting the failure: %v", err)
		}
	}
	if d := wait(t, r.Failure(ctx, "client", "shop")); d != time.Second {
		t.Errorf("wait = %s, want 1s", d)
	}
	for what, err := range map[string]error{
		"another kind":    r.Failure(ctx, "refresh", "shop"),
		"another client":  r.Failure(ctx, "client", "stop"),
		"another network": r.Failure(from(t, "198.51.100.1"), "client", "shop"),
	} {
		if err != nil {
			t.Errorf("%s: counting the failure: %v", what, err)
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if wait(t, r.Failure(gone, "client", "shop")) == 0 {
		t.Error("a failure of a caller who hung up was not counted, want a wait")
	}
}

// A caller that names another client each time leaves at most as many counts behind as
// the network has tries.
func TestFailuresOfMadeUpClients(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	s := &awayStore{Throttles: r.Store}
	r.Store = s
	for i := range r.Rules.Network.Free {
		if err := r.Failure(ctx, "client", fmt.Sprint(i)); err != nil {
			t.Fatalf("counting the failure: %v", err)
		}
	}
	asked := s.asked.Load()
	if d := wait(t, r.Failure(ctx, "client", "another")); d != time.Second {
		t.Errorf("wait = %s, want 1s", d)
	}
	if n := s.asked.Load() - asked; n != 1 {
		t.Errorf("the store was asked %d times for a network that waits, want once", n)
	}
	for what, err := range map[string]error{
		"another kind":    r.Failure(ctx, "refresh", "shop"),
		"another network": r.Failure(from(t, "198.51.100.1"), "client", "shop"),
	} {
		if err != nil {
			t.Errorf("%s: counting the failure: %v", what, err)
		}
	}
	r.advance(time.Second)
	if err := r.Failure(ctx, "client", "another"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestObserve(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	seen := map[string]int{}
	r.Observe = func(kind string, allowed bool) { seen[fmt.Sprint(kind, " ", allowed)]++ }
	r.exhaust(t, ctx, "ann")
	_ = r.Failure(ctx, "client", "shop")
	if want := "map[client true:1 signin false:1 signin true:5]"; fmt.Sprint(seen) != want {
		t.Errorf("observed %v, want %s", seen, want)
	}
}

// An awayStore fails while it is away.
type awayStore struct {
	store.Throttles
	away  atomic.Bool
	asked atomic.Int32
}

func (s *awayStore) Take(ctx context.Context, key store.Digest, r store.Rule) (store.Decision, error) {
	s.asked.Add(1)
	if err := ctx.Err(); err != nil {
		return store.Decision{}, err
	}
	if s.away.Load() {
		return store.Decision{}, fmt.Errorf("counting a try: %w", store.ErrUnavailable)
	}
	return s.Throttles.Take(ctx, key, r)
}

// TestAStoreThatIsAwayIsAskedOnce checks that an attempt, which is counted in several
// networks, waits for a store that hangs only once.
func TestAStoreThatIsAwayIsAskedOnce(t *testing.T) {
	for name, attempt := range map[string]func(*throttle.Limiter, context.Context) error{
		"sign-up": func(l *throttle.Limiter, ctx context.Context) error { _, err := l.SignUp(ctx); return err },
		"mail": func(l *throttle.Limiter, ctx context.Context) error {
			_, err := l.Mail(ctx, "verify", "ann@example.com")
			return err
		},
		"document": func(l *throttle.Limiter, ctx context.Context) error {
			_, err := l.Document(ctx, "app.example")
			return err
		},
		"wrong secret": func(l *throttle.Limiter, ctx context.Context) error { return l.Failure(ctx, "client", "shop") },
	} {
		r := newRig()
		s := &awayStore{Throttles: r.Store}
		s.away.Store(true)
		r.Store = s
		if err := attempt(r.Limiter, from(t, "2001:db8::1")); err != nil {
			t.Errorf("%s while the store is away: %v, want it to be counted here", name, err)
		}
		if n := s.asked.Load(); n != 1 {
			t.Errorf("%s asked a store that is away %d times, want once", name, n)
		}
	}
}

func TestStoreAway(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	s := &awayStore{Throttles: r.Store}
	r.Store = s
	outage := func() (free int) {
		t.Helper()
		s.away.Store(true)
		defer s.away.Store(false)
		for r.wrong(t, ctx, "ann") == 0 {
			free++
		}
		r.wrong(t, ctx, "ann")
		return free
	}
	if n := outage(); n != 3 {
		t.Errorf("%d tries were free while the store was away, want 3", n)
	}
	if n := strings.Count(r.log.String(), "the store is unavailable"); n != 1 {
		t.Errorf("the outage was logged %d times, want once:\n%s", n, r.log.String())
	}
	if d := r.wrong(t, ctx, "ann"); d != 0 {
		t.Errorf("the store is back, and still refused for %s, want 0", d)
	}

	a, err := r.SignIn(ctx, throttle.Person("ann"))
	if err != nil {
		t.Fatalf("signing in: %v", err)
	}
	a.Succeeded(ctx) // also clears the counts of this process
	if n := outage(); n != 3 {
		t.Errorf("%d tries were free in the second outage, want 3", n)
	}
	if n := strings.Count(r.log.String(), "the store is unavailable"); n != 1 {
		t.Errorf("a store that comes and goes was logged %d times, want once", n)
	}
	r.advance(time.Hour)
	if n := outage(); n != 3 {
		t.Errorf("%d tries were free in the third outage, want 3", n)
	}
	if n := strings.Count(r.log.String(), "the store is unavailable"); n != 2 {
		t.Errorf("two outages were logged %d times, want 2", n)
	}

	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := r.SignIn(gone, throttle.Person("ann")); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who went away: err = %v, want context.Canceled", err)
	}
}

// Ceremonies leave a record each, so a network gets as many as failures.
func TestCeremonies(t *testing.T) {
	r, ctx := newRig(), from(t, "192.0.2.1")
	for range r.Rules.Network.Free {
		if err := r.Ceremony(ctx); err != nil {
			t.Fatalf("beginning a ceremony: %v, want no error", err)
		}
	}
	if d := wait(t, r.Ceremony(ctx)); d != time.Second {
		t.Errorf("one more has to wait for %s, want 1s", d)
	}
	if err := r.Ceremony(from(t, "198.51.100.1")); err != nil {
		t.Errorf("from elsewhere: %v, want no error", err)
	}
}
