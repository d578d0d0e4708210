package main

import (
	"context"
	"time"

	"gatehouse/internal/session"
)

// figures gives the operators' metrics what the services count, and what is read
// only when somebody asks.
func (a *app) figures(ctx context.Context) {
	m := a.metrics
	a.people.Observe = m.SignIn
	a.sessions.Observe = func(what session.Event, n int) { m.Sessions(string(what), n) }
	m.Pool(a.db.Stats)
	m.Gauge("gatehouse_password_hashes_working", "Password hashes being made.", func() float64 {
		working, _ := a.passwords.Load()
		return float64(working)
	})
	m.Gauge("gatehouse_password_hashes_waiting", "Sign-ins that wait for their turn to hash.", func() float64 {
		_, waiting := a.passwords.Load()
		return float64(waiting)
	})
	m.GaugeBy("gatehouse_backend_refusing", "1 while a back-end hangs and is not asked.", "backend", func() map[string]float64 {
		refusing := map[string]float64{"database": truth(a.db.Refusing())}
		if a.redis != nil {
			refusing["redis"] = truth(a.redis.Refusing())
		}
		return refusing
	})
	m.GaugeBy("gatehouse_signing_keys", "Signing keys, by what they do.", "state", func() map[string]float64 { return a.keysByState(ctx) })
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
	if !a.ring.Ready() {
		return byState // the first is being made
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	all, err := a.ring.List(ctx)
	if err != nil {
		return byState
	}
	for _, k := range all {
		byState[string(k.State)]++
	}
	return byState
}
