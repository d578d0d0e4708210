package throttle

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Throttles(t, func(*testing.T) store.Throttles { return NewMemory(time.Now) })
}

func newSmallMemory(now *time.Time) *memory {
	m := NewMemory(func() time.Time { return *now }).(*memory)
	m.max = 1000
	return m
}

var slow = store.Rule{Free: 3, Delay: time.Minute, Factor: 2, MaxDelay: time.Hour, Forget: 2 * time.Hour}

func (m *memory) mustTake(t *testing.T, name string) bool {
	t.Helper()
	d, err := m.Take(t.Context(), store.DigestOf(name), slow)
	if err != nil {
		t.Fatalf("taking from the throttle: %v", err)
	}
	return d.Allowed
}

// TestFloodDropsNoKeyUnderAttack checks that neither fresh names nor many tries elsewhere
// give an attacker new tries at the account under attack.
func TestFloodDropsNoKeyUnderAttack(t *testing.T) {
	now := time.Unix(1, 0)
	m := newSmallMemory(&now)
	for range slow.Free {
		m.mustTake(t, "victim")
	}
	for i := range 50 * m.max {
		if i%100 == 0 {
			now = now.Add(time.Millisecond)
		}
		m.mustTake(t, strconv.Itoa(i))
		m.mustTake(t, strconv.Itoa(i))
	}
	if n := len(m.counts); n > m.max {
		t.Errorf("%d keys are kept, want at most %d", n, m.max)
	}
	if m.mustTake(t, "victim") {
		t.Error("the key under attack was dropped, want it kept")
	}
}

func TestForgottenKeysGoFirst(t *testing.T) {
	now := time.Unix(1, 0)
	m := newSmallMemory(&now)
	for i := range m.max {
		m.mustTake(t, "old "+strconv.Itoa(i))
	}
	now = now.Add(slow.Forget)
	for i := range m.max {
		m.mustTake(t, "new "+strconv.Itoa(i))
		if n := len(m.counts); n > m.max {
			t.Fatalf("%d keys are kept, want at most %d", n, m.max)
		}
	}
	kept := 0
	for i := range m.max {
		if m.counts[store.DigestOf("new "+strconv.Itoa(i))].tries > 0 {
			kept++
		}
	}
	if kept < m.max*9/10 {
		t.Errorf("of %d living keys %d are kept beside forgotten ones, want at least nine in ten", m.max, kept)
	}
}

func TestSweepCountsWhatItForgets(t *testing.T) {
	now := time.Unix(1, 0)
	m := newSmallMemory(&now)
	for i := range 10 {
		m.mustTake(t, strconv.Itoa(i))
	}
	now = now.Add(slow.Forget / 2)
	m.mustTake(t, "younger")
	now = now.Add(slow.Forget / 2)
	for _, want := range []int64{7, 3, 0} {
		if n, err := m.SweepThrottles(t.Context(), 7); n != want || err != nil {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
}

func TestMemoryClockSetBack(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := newSmallMemory(&now)
	for range slow.Free {
		m.mustTake(t, "ann")
	}
	now = now.Add(-time.Hour)
	if m.mustTake(t, "ann") {
		t.Error("the key was let through at once, want a delay")
	}
	now = now.Add(slow.Delay)
	if !m.mustTake(t, "ann") {
		t.Error("the delay did not end, want the key let through")
	}
}

func TestHotScopesAreBounded(t *testing.T) {
	var h hot
	now := time.Unix(1, 0)
	var last scope
	for i := range maxHot + 100 {
		last = scope{key: store.DigestOf(strconv.Itoa(i)), rule: DefaultRules().Network}
		h.block(last, now, time.Second)
	}
	if len(h.scopes) > maxHot {
		t.Errorf("%d scopes are remembered, want at most %d", len(h.scopes), maxHot)
	}
	if _, wait, _ := h.admit([]scope{last}, now); wait == 0 {
		t.Error("the last scope was not remembered, want a wait")
	}
}

// TestStrangersAreRationed has more keys than the ration, by many callers at once.
func TestStrangersAreRationed(t *testing.T) {
	var s strangers
	var admitted atomic.Int64
	now := time.Unix(1, 0)
	var wg sync.WaitGroup
	for caller := range 8 {
		wg.Go(func() {
			for i := range maxStrangers / 4 {
				if s.admit(store.DigestOf(strconv.Itoa(caller)+" "+strconv.Itoa(i)), now) {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := admitted.Load(); n != maxStrangers {
		t.Errorf("%d keys were admitted, want %d", n, maxStrangers)
	}
	if s.admit(store.DigestOf("another"), now.Add(window-1)) {
		t.Error("another key was admitted within the window, want it refused")
	}
	for key := range s.keys {
		if !s.admit(key, now) {
			t.Error("a key of the window was refused, want it admitted")
		}
		break
	}
	if !s.admit(store.DigestOf("another"), now.Add(window)) {
		t.Error("a key was refused in the next window, want it admitted")
	}
}

func BenchmarkMemoryTake(b *testing.B) {
	m := NewMemory(time.Now)
	for i := 0; b.Loop(); i++ {
		if _, err := m.Take(b.Context(), store.DigestOf(strconv.Itoa(i)), slow); err != nil {
			b.Fatalf("taking from the throttle: %v", err)
		}
	}
}
