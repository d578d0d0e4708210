package store_test

import (
	"math"
	"testing"
	"time"

	"gatehouse/store"
)

func TestDelayAfter(t *testing.T) {
	doubling := store.Rule{Free: 5, Delay: time.Second, Factor: 2, MaxDelay: 15 * time.Minute}
	even := store.Rule{Free: 2, Delay: time.Second, Factor: 1}
	tests := []struct {
		rule store.Rule
		n    int64
		want time.Duration
	}{
		{doubling, 0, 0},
		{doubling, 4, 0},
		{doubling, 5, time.Second}, // the sixth try waits
		{doubling, 6, 2 * time.Second},
		{doubling, 14, 512 * time.Second},
		{doubling, 15, 15 * time.Minute},
		{doubling, math.MaxInt64, 15 * time.Minute},
		{even, 2, time.Second},
		{even, math.MaxInt64, time.Second},
		{store.Rule{Delay: time.Second, Factor: 2}, 0, 0}, // the first try never waits
		{store.Rule{Delay: 0, Factor: 2, MaxDelay: time.Hour}, math.MaxInt64, 0},
		{store.Rule{Delay: time.Second, Factor: math.MaxInt, MaxDelay: math.MaxInt64}, 9, math.MaxInt64},
	}
	for _, tt := range tests {
		if got := tt.rule.DelayAfter(tt.n); got != tt.want {
			t.Errorf("%+v after %d tries: %s, want %s", tt.rule, tt.n, got, tt.want)
		}
	}
}
