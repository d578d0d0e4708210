package main

import (
	"context"
	"math"
	"time"

	"gatehouse/internal/session"
	"gatehouse/keys"
)

// figures gives the operators' metrics what the services count, and what is read
// only when somebody asks.
func (a *app) figures(ctx context.Context) {
	m := a.metrics
	a.people.Observe = m.SignIn
	a.sessions.Observe = func(what session.Event, n int) { m.Sessions(string(what), n) }
	for _, what := range []session.Event{session.Started, session.Refreshed, session.Ended, session.Reused} {
		m.Sessions(string(what), 0) // so that the first alarm is a rise from 0, which alerts see, and no new series
	}
	m.Pool(a.db.Stats)
	m.Gauge("gatehouse_password_hashes_working", "Password hashes being made.", func() float64 {
		working, _ := a.passwords.Load()
		return float64(working)
	})
	m.Gauge("gatehouse_password_hashes_waiting", "Sign-ins that wait for their turn to hash.", func() float64 {
		_, waiting := a.passwords.Load()
		return float64(waiting)
	})
	m.GaugeBy("gatehouse_part_up", "1 while a part that readiness depends on is in order, else 0; at most a few seconds old.", "part", func() map[string]float64 { return a.health.Up(ctx) })
	m.GaugeBy("gatehouse_backend_refusing", "1 while a back-end hangs and is not asked.", "backend", func() map[string]float64 {
		refusing := map[string]float64{"database": truth(a.db.Refusing())}
		if a.redis != nil {
			refusing["redis"] = truth(a.redis.Refusing())
		}
		return refusing
	})
	m.GaugeBy("gatehouse_signing_keys", "Signing keys, by what they do.", "state", func() map[string]float64 { return a.keysByState(ctx) })
	m.Gauge("gatehouse_signing_key_due_timestamp_seconds", "When the next signing key is to take over, in Unix time; NaN while there is no key.", func() float64 { return a.keyDue(ctx) })
}

// keyDue is when the key in force will have signed for as long as it may. The next
// one is published ahead of that, so it should never pass.
func (a *app) keyDue(ctx context.Context) float64 {
	for _, k := range a.keysInMemory(ctx) {
		if k.State == keys.Signing {
			return float64(k.SignFrom.Add(a.config.KeyRotateEvery).Unix())
		}
	}
	return math.NaN()
}

// truth is 1 if it is so.
func truth(so bool) float64 {
	if so {
		return 1
	}
	return 0
}

// keysByState counts the keys in memory; it asks no database.
func (a *app) keysByState(ctx context.Context) map[string]float64 {
	byState := map[string]float64{}
	for _, k := range a.keysInMemory(ctx) {
		byState[string(k.State)]++
	}
	return byState
}

// keysInMemory asks no database. There are none while the first is being made.
func (a *app) keysInMemory(ctx context.Context) []keys.Status {
	if !a.ring.Ready() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	all, err := a.ring.List(ctx)
	if err != nil {
		return nil
	}
	return all
}
