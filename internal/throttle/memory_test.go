package throttle

import (
	"strconv"
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

func TestNetworksAreBounded(t *testing.T) {
	var n networks
	r := DefaultRules().Network
	now := time.Unix(1, 0)
	for i := range maxNetworks + 100 {
		n.block(strconv.Itoa(i), now, time.Second, r)
	}
	if len(n.hot) > maxNetworks {
		t.Errorf("%d networks are remembered, want at most %d", len(n.hot), maxNetworks)
	}
	if _, wait := n.admit(strconv.Itoa(maxNetworks+99), now, r); wait == 0 {
		t.Error("the last network was not remembered, want a wait")
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
