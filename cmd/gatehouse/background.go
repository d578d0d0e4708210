package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/handlers/operators"
	"gatehouse/internal/figures"
	"gatehouse/internal/sweep"
	"gatehouse/keys"
)

// checks are what must be well for the server to be ready.
func (b *backends) checks(ring *keys.Ring, draining *atomic.Bool) []operators.Check {
	checks := []operators.Check{
		{Name: "database", Ask: b.db.Ping},
		{Name: "keys", Local: true, Ask: func(context.Context) error {
			if !ring.Ready() {
				return errors.New("the first signing key is being made")
			}
			return nil
		}},
		{Name: "serving", Local: true, Ask: func(context.Context) error {
			if draining.Load() {
				return errors.New("shutting down")
			}
			return nil
		}},
	}
	if b.redis != nil {
		checks = append(checks, operators.Check{Name: "redis", Ask: b.redis.Ping})
	}
	return checks
}

// background runs what goes on beside the requests, until ctx ends, and waits for it.
func (a *app) background(ctx context.Context) {
	sweeper := &sweep.Sweeper{
		Tables: a.tables(), Every: time.Minute, Now: now, Swept: a.metrics.Swept, Done: a.metrics.SweepDone, Log: a.log,
		Alone: func(ctx context.Context, f func(context.Context)) error { return a.db.Alone(ctx, "gatehouse sweep", f) },
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.ring.Run(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("key rotation ended", "error", err)
		}
	})
	wg.Go(func() { sweeper.Run(ctx) })
	wg.Go(func() { figures.CountRows(ctx, a.db.Rows, a.metrics, a.log) })
	wg.Go(func() { a.passwords.GiveBack(ctx) })
	wg.Go(func() { a.notifier.Run(ctx) })
	wg.Wait()
}

// figures are what the operators' metrics are read from.
func (b *backends) figures(ring *keys.Ring, health *operators.Health) figures.Sources {
	s := figures.Sources{
		Database: b.db, Passwords: b.passwords, Parts: health.Up,
		Keys: figures.Keys{Ring: ring, RotateEvery: b.config.KeyRotateEvery},
	}
	if b.redis != nil {
		s.Redis = b.redis
	}
	return s
}

// endedKeep is how long an ended session stays on record, for the list that
// support looks at; the audit log remembers longer.
const endedKeep = 24 * time.Hour

// spentKeep is how long codes and the like stay when their time is over: what
// comes again is then known to be used or expired rather than unknown, and a
// stolen code still ends the session that it founded (RFC 6749 §4.1.2).
const spentKeep = time.Hour

func (a *app) tables() []sweep.Table {
	before := func(keep time.Duration, f func(context.Context, time.Time, int) (int64, error)) func(context.Context, time.Time, int) (int64, error) {
		return func(ctx context.Context, now time.Time, n int) (int64, error) { return f(ctx, now.Add(-keep), n) }
	}
	tables := []sweep.Table{
		{Name: "sessions", Sweep: before(endedKeep, a.db.SweepSessions)},
		{Name: "auth_codes", Sweep: before(spentKeep, a.db.SweepCodes)},
		{Name: "browser_sessions", Sweep: before(endedKeep, func(ctx context.Context, limit time.Time, n int) (int64, error) {
			return a.db.SweepBrowsers(ctx, limit, limit.Add(-a.config.BrowserIdle), n)
		})},
		{Name: "pushed_requests", Sweep: before(spentKeep, a.db.SweepPushed)},
		{Name: "device_grants", Sweep: before(spentKeep, a.db.SweepDevices)},
		{Name: "used_once", Sweep: before(spentKeep, a.db.SweepUsedOnce)},
		{Name: "bootstrap_links", Sweep: before(spentKeep, a.db.SweepBootstraps)},
		{Name: "revoked_tokens", Sweep: before(time.Minute, a.db.SweepRevokedTokens)},
		{Name: "audit_events", Sweep: before(a.config.AuditKeep, a.db.SweepAudit)},
	}
	// Also beside Redis: there may be some from the time before it.
	return append(tables, sweep.Table{Name: "throttles", Sweep: func(ctx context.Context, _ time.Time, n int) (int64, error) {
		return a.db.Throttles().SweepThrottles(ctx, n)
	}})
}
