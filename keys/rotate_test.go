package keys

import (
	"crypto/rsa"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

func TestKeysGoThroughTheirLifeBySchedule(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now)) // 24 h, lead 2 h, verify 15 d
	first := s.rows[0].ID
	steps := []struct {
		after time.Duration
		want  []State
	}{
		{0, []State{Signing}},
		{22*time.Hour - time.Millisecond, []State{Signing}},
		{time.Millisecond, []State{Signing, Published}},
		{2*time.Hour - time.Millisecond, []State{Signing, Published}},
		{time.Millisecond, []State{Verifying, Signing}},
		{22 * time.Hour, []State{Verifying, Signing, Published}},
		{2 * time.Hour, []State{Verifying, Verifying, Signing}},
	}
	for i, step := range steps {
		c.Advance(step.after)
		mustKeep(t, r)
		if got := states(t, r); !slices.Equal(got, step.want) {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	c.Advance(14 * 24 * time.Hour) // the first key was superseded 15 days ago
	mustKeep(t, r)
	mustReload(t, r)
	if oldest := s.rows[0]; oldest.Generation != 2 {
		t.Errorf("generation %d is the oldest on record, want 2: the first is gone", oldest.Generation)
	}
	if e := s.events[0]; e.Kind != "key.created" || e.Actor != "system" || e.Subject != "key:"+first {
		t.Errorf("event %+v, want key.created for key:%s by the system", e, first)
	}
}

func TestAKeyMissedWhileDownIsPublishedBeforeItSigns(t *testing.T) {
	s, c := &memory{}, newClock()
	openRing(t, options(s, c.Now)).Close()
	c.Advance(10 * 24 * time.Hour)
	r := openRing(t, options(s, c.Now))
	mustKeep(t, r)
	if lead := s.rows[1].SignFrom.Sub(c.Now()); lead < 2*time.Hour-time.Millisecond {
		t.Errorf("signs in %s, want 2 h", lead)
	}
}

func TestOneFirstKeyAmongManyRings(t *testing.T) {
	s, c := &memory{}, newClock()
	const rings = 16
	var kids [rings]string
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			kid, err := openRing(t, options(s, c.Now)).SigningKeyID(t.Context())
			if err != nil {
				t.Errorf("asking for the signing key: %v", err)
			}
			kids[i] = kid
		})
	}
	wg.Wait()
	if len(s.rows) != 1 || len(s.events) != 1 {
		t.Fatalf("%d keys, %d events, want 1", len(s.rows), len(s.events))
	}
	for _, kid := range kids {
		if kid != s.rows[0].ID {
			t.Errorf("a ring signs with %s, want %s as on record", kid, s.rows[0].ID)
		}
	}
}

func TestOneNextKeyAmongManyRotations(t *testing.T) {
	s, c := &memory{}, newClock()
	const rings = 16
	var all [rings]*Ring
	for i := range rings {
		all[i] = openRing(t, options(s, c.Now))
	}
	var got [rings]Status
	var wg sync.WaitGroup
	for i, r := range all {
		wg.Go(func() {
			var err error
			if got[i], err = r.Rotate(t.Context(), store.RS256, "cli"); err != nil {
				t.Errorf("rotating the signing key: %v", err)
			}
		})
	}
	wg.Wait()
	if len(s.rows) != 2 {
		t.Fatalf("%d keys, want 2", len(s.rows))
	}
	made := 0
	for _, st := range got {
		if !st.Already {
			made++
		}
		if st.ID != s.rows[1].ID || st.State != Published || !st.SignFrom.Equal(s.rows[1].SignFrom) {
			t.Errorf("status %+v, want that of %s", st, s.rows[1].ID)
		}
	}
	if made != 1 {
		t.Errorf("%d rings say that they made it, want 1", made)
	}
}

// TestAKeyReadWhileOneIsMadeIsTheNextOne lets the regular reading bring in another
// replica's key while this replica makes its own.
func TestAKeyReadWhileOneIsMadeIsTheNextOne(t *testing.T) {
	s, c := &memory{}, newClock()
	r, other := openRing(t, options(s, c.Now)), openRing(t, options(s, c.Now))
	var theirs Status
	r.generate = func() (*rsa.PrivateKey, error) {
		var err error
		if theirs, err = other.Rotate(t.Context(), store.RS256, "cli"); err != nil {
			t.Errorf("rotating the signing key: %v", err)
		}
		mustReload(t, r)
		return smallKey()
	}
	got, err := r.Rotate(t.Context(), store.RS256, "cli")
	if err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	if len(s.rows) != 2 || got.ID != theirs.ID || !got.Already {
		t.Errorf("%d keys, got %+v; want 2, the second made by the other replica", len(s.rows), got)
	}
}

func TestRetiringTheKeyInForceLetsASuccessorSignAtOnce(t *testing.T) {
	for name, rotate := range map[string]bool{"none published": false, "one published": true} {
		t.Run(name, func(t *testing.T) {
			s, c := &memory{}, newClock()
			r, other := openRing(t, options(s, c.Now)), openRing(t, options(s, c.Now))
			old := mustSign(t, r, "at+jwt", map[string]any{"n": 1})
			if _, err := other.Verify(t.Context(), old); err != nil {
				t.Fatalf("verifying the token: %v", err)
			}
			if rotate {
				if _, err := r.Rotate(t.Context(), store.RS256, "cli"); err != nil {
					t.Fatalf("rotating the signing key: %v", err)
				}
			}
			mustReload(t, other)
			kid, _ := r.SigningKeyID(t.Context())
			c.Advance(time.Minute)
			if err := r.Retire(t.Context(), kid, "user:x"); err != nil {
				t.Fatalf("retiring the key: %v", err)
			}
			if got := states(t, r); !slices.Equal(got, []State{Retired, Signing}) {
				t.Errorf("states %v, want %v", got, []State{Retired, Signing})
			}
			if e := s.events[len(s.events)-1]; e.Kind != "key.retired" || e.Actor != "user:x" || e.Subject != "key:"+kid {
				t.Errorf("event %+v, want key.retired for key:%s by user:x", e, kid)
			}
			fresh := mustSign(t, r, "at+jwt", map[string]any{"n": 2})
			if _, err := other.Verify(t.Context(), fresh); err != nil {
				t.Errorf("another replica refuses the successor's token: %v", err)
			}
			for _, ring := range []*Ring{r, other} {
				mustReload(t, ring)
				if _, err := ring.Verify(t.Context(), old); !errors.Is(err, ErrInvalid) {
					t.Errorf("verifying a token of the retired key, verified before: err = %v, want ErrInvalid", err)
				}
				if _, err := ring.SignWith(t.Context(), kid, "rt+jwt", 1); !errors.Is(err, ErrUnknownKey) {
					t.Errorf("signing with the retired key: err = %v, want ErrUnknownKey", err)
				}
			}
			events := len(s.events)
			if err := r.Retire(t.Context(), kid, "user:x"); err != nil || len(s.events) != events {
				t.Errorf("retiring the key again: %v, with %d events more, want none", err, len(s.events)-events)
			}
		})
	}
}

func TestRetiringAnUnknownKeyIsAnError(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	if err := r.Retire(t.Context(), "nobody's", "cli"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("retiring the key: err = %v, want ErrUnknownKey", err)
	}
}

func TestAnInterruptedRetirementLeavesAKeyInForceAndCanBeFinished(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	kid, _ := r.SigningKeyID(t.Context())
	killed := errors.New("killed")
	s.failing(func(method string) error {
		if method == "RetireSigningKey" {
			return killed
		}
		return nil
	})
	c.Advance(time.Minute)
	if err := r.Retire(t.Context(), kid, "cli"); !errors.Is(err, killed) {
		t.Fatalf("retiring the key: err = %v, want %v", err, killed)
	}
	s.failing(nil)
	again := openRing(t, options(s, c.Now))
	if got := states(t, again); !slices.Equal(got, []State{Verifying, Signing}) {
		t.Errorf("in between: %v, want %v", got, []State{Verifying, Signing})
	}
	if err := again.Retire(t.Context(), kid, "cli"); err != nil {
		t.Fatalf("retiring the key: %v", err)
	}
	if got := states(t, again); !slices.Equal(got, []State{Retired, Signing}) {
		t.Errorf("finished: %v, want %v", got, []State{Retired, Signing})
	}
}

func TestRetiringBothKeysAtOnceLeavesOneInForce(t *testing.T) {
	testkit.Long(t)
	for range 20 {
		s, c := &memory{}, newClock()
		a, b := openRing(t, options(s, c.Now)), openRing(t, options(s, c.Now))
		next, err := a.Rotate(t.Context(), store.RS256, "cli")
		if err != nil {
			t.Fatalf("rotating the signing key: %v", err)
		}
		current, _ := a.SigningKeyID(t.Context())
		c.Advance(time.Minute)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := a.Retire(t.Context(), current, "cli"); err != nil {
				t.Errorf("retiring the key: %v", err)
			}
		})
		wg.Go(func() {
			if err := b.Retire(t.Context(), next.ID, "cli"); err != nil {
				t.Errorf("retiring the key: %v", err)
			}
		})
		wg.Wait()
		for _, r := range []*Ring{a, b} {
			mustReload(t, r)
			kid, err := r.SigningKeyID(t.Context())
			if err != nil || kid == current || kid == next.ID {
				t.Fatalf("in force: %q, %v; want a new key", kid, err)
			}
		}
	}
}

func TestAllKeysRetiredAreReplacedBySchedule(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	s.rows[0].RetiredAt = c.Now()
	c.Advance(time.Second)
	mustReload(t, r)
	if _, err := r.Sign(t.Context(), store.RS256, "at+jwt", 1); !errors.Is(err, store.ErrUnavailable) || r.Ready() {
		t.Errorf("signing without a key: err = %v, ready %t, want ErrUnavailable and false", err, r.Ready())
	}
	mustKeep(t, r)
	if got := states(t, r); !slices.Equal(got, []State{Retired, Signing}) {
		t.Errorf("states %v, want %v", got, []State{Retired, Signing})
	}
}
