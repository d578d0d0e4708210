package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// Throttles tests the promises of store.Throttles. Delays are long enough for two calls
// within one of them on a busy machine.
func Throttles(t *testing.T, open func(t *testing.T) store.Throttles) {
	testkit.Long(t) // it waits for delays
	tests := []struct {
		name string
		run  func(*throttling, *testing.T)
	}{
		{"free tries, then a delay", (*throttling).freeThenDelay},
		{"of many at once, only the free tries pass", (*throttling).manyTakers},
		{"after the delay, one of many passes", (*throttling).oneAfterDelay},
		{"a refused try is not counted", (*throttling).refusedNotCounted},
		{"after waiting for RetryAfter, the next try passes", (*throttling).waitAsTold},
		{"the delay grows to its bound", (*throttling).delayGrows},
		{"a factor of one keeps the delay", (*throttling).delayStays},
		{"Clear forgets", (*throttling).clearForgets},
		{"Refund gives a slot back", (*throttling).refundGivesBack},
		{"Refund takes back the delay", (*throttling).refundTakesBackDelay},
		{"Refund without a try gives no credit", (*throttling).refundNoCredit},
		{"forgotten after its last try", (*throttling).forgotten},
		{"remembered from its last try, not its first", (*throttling).remembered},
		{"keys are independent", (*throttling).keysApart},
		{"sweeping takes only what is forgotten", (*throttling).sweep},
		{"a caller who went away", (*throttling).cancelledTake},
	}
	// The tests mostly wait, so they run in parallel; the group ends with the last one.
	t.Run("together", func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				tt.run(&throttling{Throttles: open(t), key: store.DigestOf(rand.Text())}, t)
			})
		}
	})
}

// A throttling is the key of one test.
type throttling struct {
	store.Throttles
	key  store.Digest
	last time.Time // before the last try that take made
}

// strict returns a rule that refuses after n tries for longer than any test takes.
func strict(n int) store.Rule {
	return store.Rule{Free: n, Delay: time.Minute, Factor: 2, MaxDelay: time.Hour, Forget: 2 * time.Hour}
}

func (s *throttling) decide(t *testing.T, r store.Rule) store.Decision {
	t.Helper()
	d, err := s.Take(t.Context(), s.key, r)
	if err != nil {
		t.Fatalf("taking from the throttle: %v", err)
	}
	if d.Allowed && d.RetryAfter != 0 || !d.Allowed && d.RetryAfter <= 0 {
		t.Fatalf("Take = %+v, want either Allowed or RetryAfter", d)
	}
	return d
}

// take wants n tries to pass.
func (s *throttling) take(t *testing.T, r store.Rule, n int) {
	t.Helper()
	for i := range n {
		s.last = time.Now()
		if d := s.decide(t, r); !d.Allowed {
			t.Fatalf("try %d of %d was refused for %s, want it allowed", i+1, n, d.RetryAfter)
		}
	}
}

// refused wants a try to be refused for at most atMost, and for at least what remains of
// that since the last take. It returns RetryAfter.
func (s *throttling) refused(t *testing.T, r store.Rule, atMost time.Duration) time.Duration {
	t.Helper()
	d := s.decide(t, r)
	if d.Allowed {
		t.Fatal("the try passed, want it refused")
	}
	least := atMost - time.Since(s.last) - time.Millisecond // clocks of stores tick in milliseconds
	if d.RetryAfter > atMost || d.RetryAfter < least {
		t.Fatalf("RetryAfter = %s, want %s to %s", d.RetryAfter, least, atMost)
	}
	return d.RetryAfter
}

func (s *throttling) freeThenDelay(t *testing.T) {
	s.take(t, strict(3), 3)
	s.refused(t, strict(3), time.Minute)
}

// takeAtOnce lets many callers try at once, and returns how many passed.
func (s *throttling) takeAtOnce(t *testing.T, r store.Rule, callers int) int {
	t.Helper()
	var passed atomic.Int32
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range callers {
		wg.Go(func() {
			<-begin
			d, err := s.Take(t.Context(), s.key, r)
			if err != nil {
				t.Errorf("taking from the throttle: %v", err)
			}
			if d.Allowed {
				passed.Add(1)
			}
		})
	}
	close(begin)
	wg.Wait()
	return int(passed.Load())
}

func (s *throttling) manyTakers(t *testing.T) {
	if n := s.takeAtOnce(t, strict(5), 60); n != 5 {
		t.Errorf("%d of 60 tries passed, want the 5 free ones", n)
	}
}

func (s *throttling) oneAfterDelay(t *testing.T) {
	r := store.Rule{Free: 1, Delay: 2 * time.Second, Factor: 1000, MaxDelay: time.Hour, Forget: time.Hour}
	s.take(t, r, 1)
	time.Sleep(s.refused(t, r, r.Delay))
	if n := s.takeAtOnce(t, r, 60); n != 1 {
		t.Errorf("%d of 60 tries passed after the delay, want 1", n)
	}
}

// refusedNotCounted: if refused tries counted, a flood of them would delay the owner for
// ever.
func (s *throttling) refusedNotCounted(t *testing.T) {
	r := store.Rule{Free: 2, Delay: 2 * time.Second, Factor: 100, MaxDelay: time.Hour, Forget: time.Hour}
	s.take(t, r, 2)
	wait := s.refused(t, r, r.Delay)
	told := time.Now()
	for range 20 {
		s.decide(t, r)
	}
	time.Sleep(wait - time.Since(told))
	s.take(t, r, 1)
	s.refused(t, r, 100*r.Delay)
}

func (s *throttling) waitAsTold(t *testing.T) {
	r := store.Rule{Free: 1, Delay: time.Second, Factor: 1, MaxDelay: time.Second, Forget: time.Hour}
	s.take(t, r, 1)
	for range 3 {
		d := s.decide(t, r)
		time.Sleep(d.RetryAfter)
		s.take(t, r, 1)
	}
}

func (s *throttling) delayGrows(t *testing.T) {
	ms := time.Millisecond
	r := store.Rule{Free: 1, Delay: 1200 * ms, Factor: 2, MaxDelay: 3000 * ms, Forget: time.Hour}
	s.take(t, r, 1)
	for _, want := range []time.Duration{1200 * ms, 2400 * ms, 3000 * ms, 3000 * ms} {
		time.Sleep(s.refused(t, r, want))
		s.take(t, r, 1)
	}
}

func (s *throttling) delayStays(t *testing.T) {
	r := store.Rule{Free: 0, Delay: 2 * time.Second, Factor: 1, MaxDelay: time.Hour, Forget: time.Hour}
	s.take(t, r, 1) // the first try never waits
	for range 2 {
		time.Sleep(s.refused(t, r, r.Delay))
		s.take(t, r, 1)
	}
}

func (s *throttling) clearForgets(t *testing.T) {
	if err := s.Clear(t.Context(), s.key); err != nil {
		t.Errorf("clearing an unknown key: %v, want no error", err)
	}
	s.take(t, strict(2), 2)
	s.refused(t, strict(2), time.Minute)
	if err := s.Clear(t.Context(), s.key); err != nil {
		t.Fatalf("clearing the throttle: %v", err)
	}
	s.take(t, strict(2), 2)
	s.refused(t, strict(2), time.Minute)
}

func (s *throttling) refund(t *testing.T) {
	t.Helper()
	if err := s.Refund(t.Context(), s.key); err != nil {
		t.Fatalf("giving the try back to the throttle: %v", err)
	}
}

func (s *throttling) refundGivesBack(t *testing.T) {
	s.take(t, strict(2), 2)
	s.refund(t)
	s.take(t, strict(2), 1)
	s.refused(t, strict(2), time.Minute)
}

// refundTakesBackDelay: a refunded try had waited for its delay. The next one waits no
// longer than that.
func (s *throttling) refundTakesBackDelay(t *testing.T) {
	r := store.Rule{Free: 1, Delay: 2 * time.Second, Factor: 1000, MaxDelay: time.Hour, Forget: time.Hour}
	s.take(t, r, 1)
	time.Sleep(s.refused(t, r, r.Delay))
	s.take(t, r, 1)
	s.refund(t)
	if d := s.decide(t, r); !d.Allowed {
		if d.RetryAfter > r.Delay {
			t.Fatalf("RetryAfter = %s after a refund, want at most %s", d.RetryAfter, r.Delay)
		}
		time.Sleep(d.RetryAfter)
		s.take(t, r, 1)
	}
	s.decide(t, r)
}

func (s *throttling) refundNoCredit(t *testing.T) {
	s.refund(t)
	s.refund(t)
	s.take(t, strict(1), 1)
	s.refund(t)
	s.refund(t)
	s.take(t, strict(1), 1)
	s.refused(t, strict(1), time.Minute)
}

func (s *throttling) forgotten(t *testing.T) {
	r := strict(2)
	r.Forget = 2 * time.Second
	s.take(t, r, 2)
	if d := s.decide(t, r); d.Allowed {
		t.Fatal("the third try passed, want it refused")
	}
	time.Sleep(r.Forget + 50*time.Millisecond)
	s.take(t, r, 2)
}

func (s *throttling) remembered(t *testing.T) {
	r := strict(2)
	r.Forget = 4500 * time.Millisecond
	s.take(t, r, 1)
	time.Sleep(r.Forget * 2 / 3)
	s.take(t, r, 1)
	time.Sleep(r.Forget * 2 / 3)
	if d := s.decide(t, r); d.Allowed {
		t.Fatal("the first try was forgotten before the last one, want it remembered")
	}
}

func (s *throttling) keysApart(t *testing.T) {
	other := &throttling{Throttles: s.Throttles, key: store.DigestOf(rand.Text())}
	s.take(t, strict(1), 1)
	s.refused(t, strict(1), time.Minute)
	other.take(t, strict(1), 1)
	if err := s.Clear(t.Context(), s.key); err != nil {
		t.Fatalf("clearing the throttle: %v", err)
	}
	other.refused(t, strict(1), time.Minute)
}

func (s *throttling) sweep(t *testing.T) {
	old := &throttling{Throttles: s.Throttles, key: store.DigestOf(rand.Text())}
	short := strict(1)
	short.Forget = 100 * time.Millisecond
	old.take(t, short, 1)
	s.take(t, strict(1), 1)
	time.Sleep(150 * time.Millisecond)
	if _, err := s.SweepThrottles(t.Context(), 1000); err != nil {
		t.Fatalf("sweeping the throttles: %v", err)
	}
	old.take(t, strict(1), 1)
	s.refused(t, strict(1), time.Minute)
}

func (s *throttling) cancelledTake(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Take(ctx, s.key, strict(1))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}
