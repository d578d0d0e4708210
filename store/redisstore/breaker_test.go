package redisstore

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b breaker
		defer b.stop()
		tell := func(times int, v verdict) {
			t.Helper()
			for range times {
				if !b.allow() {
					t.Fatal("refused")
				}
				b.report(v)
			}
		}
		refused := func(why string) {
			t.Helper()
			if b.allow() {
				t.Fatalf("let through, though %s", why)
			}
		}
		tell(tolerated-1, hung)
		tell(1, answered) // one answer makes good for them
		tell(tolerated-1, hung)
		tell(20, abandoned) // says nothing
		tell(1, hung)
		refused("Redis hangs")
		time.Sleep(pause)
		synctest.Wait()
		if !b.allow() {
			t.Fatal("no probe after the pause")
		}
		refused("the probe is under way")
		b.report(abandoned)
		tell(1, hung) // the next probe
		refused("the probe hung")
		time.Sleep(pause)
		synctest.Wait()
		tell(100, answered)
	})
}

// TestBreakerHearsLateAnswers: what was under way when it opened still counts.
func TestBreakerHearsLateAnswers(t *testing.T) {
	var b breaker
	defer b.stop()
	for range tolerated + 1 {
		b.allow()
	}
	for range tolerated {
		b.report(hung)
	}
	b.report(answered)
	if !b.allow() {
		t.Error("Redis answers, and the breaker is open")
	}
}
