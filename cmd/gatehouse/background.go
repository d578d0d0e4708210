package main

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/handlers/operators"
	"gatehouse/internal/bulk"
	"gatehouse/internal/ending"
	"gatehouse/internal/figures"
	"gatehouse/internal/hourly"
	"gatehouse/internal/machine"
	"gatehouse/internal/sink"
	"gatehouse/internal/sweep"
	"gatehouse/keys"
	"gatehouse/store"
)

// checks are what must be well for the server to be ready.
func (b *backends) checks(ring *keys.Ring, draining *atomic.Bool) []operators.Check {
	checks := []operators.Check{
		{Name: "database", Ask: b.db.Ping},
		{Name: "keys", Local: true, Ask: func(context.Context) error {
			if !ring.Ready() {
				return operators.Phase("the first signing key is being made")
			}
			return nil
		}},
		{Name: "serving", Local: true, Ask: func(context.Context) error {
			if draining.Load() {
				return operators.Phase("shutting down")
			}
			return nil
		}},
	}
	if b.redis != nil {
		checks = append(checks, operators.Check{Name: "redis", Ask: b.redis.Ping})
	}
	return checks
}

// background runs the work that is not part of a request until ctx ends, and returns
// when all of it has stopped.
func (a *app) background(ctx context.Context) {
	sweeper := &sweep.Sweeper{
		// The database may hold throttles from before Redis was configured.
		Tables: sweep.Tables(a.db, a.db.Throttles(), a.config.BrowserIdle, a.config.AuditKeep),
		Every:  sweep.DefaultEvery, Now: now, Swept: a.metrics.Swept, Done: a.metrics.SweepDone, Log: a.log,
		Alone: func(ctx context.Context, f func(context.Context)) error { return a.db.Alone(ctx, "gatehouse sweep", f) },
	}
	sweeper.Tables = append(sweeper.Tables, sweep.Table{Name: "clients", Sweep: a.apps.SweepUnused})
	// A sweeper that deletes nothing: it goes through the users as gently.
	indexer := &sweep.Sweeper{
		Tables: []sweep.Table{{Name: "user_words", Sweep: func(ctx context.Context, _ time.Time, n int) (int64, error) { return a.db.IndexNames(ctx, n) }}},
		Every:  sweep.DefaultEvery, Now: now, Swept: func(string, int64) {}, Done: func(string, time.Time) {}, Log: a.log,
		Alone: func(ctx context.Context, f func(context.Context)) error { return a.db.Alone(ctx, "gatehouse names", f) },
	}
	follower := &sweep.Sweeper{
		Tables: []sweep.Table{{Name: "pending_ends", Sweep: a.ends.Sweep}},
		Every:  ending.DefaultEvery, Pace: ending.Pace, Now: now, Swept: a.metrics.Swept, Done: a.metrics.SweepDone, Log: a.log,
		Alone: func(ctx context.Context, f func(context.Context)) error { return a.db.Alone(ctx, "gatehouse ends", f) },
	}
	sampler := &hourly.Sampler{
		DB: a.db, Now: a.now, Log: a.log,
		Alone: func(ctx context.Context, f func(context.Context)) error {
			return a.db.Alone(ctx, "gatehouse samples", f)
		},
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.ring.Run(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("key rotation ended", "error", err)
		}
	})
	wg.Go(func() { sweeper.Run(ctx) })
	wg.Go(func() { indexer.Run(ctx) })
	wg.Go(func() { follower.Run(ctx) })
	wg.Go(func() { figures.CountRows(ctx, a.db.Rows, a.metrics, a.log) })
	wg.Go(func() { a.hourly.Run(ctx) })
	wg.Go(func() { sampler.Run(ctx) })
	wg.Go(func() { a.clientUses.Run(ctx) })
	wg.Go(func() { a.apiUses.Run(ctx) })
	wg.Go(func() { a.explainer.Run(ctx) })
	if a.sessions.Touches != nil {
		wg.Go(func() { a.sessions.Touches.Run(ctx) })
	}
	wg.Go(func() { a.passwords.GiveBack(ctx) })
	wg.Go(func() { machine.Rest(ctx) })
	wg.Go(func() { a.notifier.Run(ctx) })
	wg.Go(func() { a.bulk.Run(ctx, bulk.DefaultEvery) })
	if a.sender != nil {
		wg.Go(func() { a.sender.Run(ctx) })
	}
	if a.config.AuditSink != "" {
		wg.Go(func() { a.auditSink().Run(ctx) })
	}
	wg.Wait()
}

func (b *backends) auditSink() *sink.Sink {
	to := sink.On(os.Stdout)
	if path := b.config.AuditFile(); path != "" {
		to = sink.At(path)
	}
	return &sink.Sink{
		Events: b.db, To: to, Shape: func(e store.AuditEvent) any { return api.EventOf(e) }, Every: sink.DefaultEvery, Patience: sink.DefaultPatience, Now: now,
		Alone:   func(ctx context.Context, f func(context.Context)) error { return b.db.Alone(ctx, "gatehouse audit", f) },
		Written: b.metrics.AuditSunk, Failed: b.metrics.AuditSinkFailed, Behind: b.metrics.AuditSinkBehind, Log: b.log,
	}
}

// figures are the sources of the operators' metrics.
func (b *backends) figures(ring *keys.Ring, health *operators.Health) figures.Sources {
	s := figures.Sources{
		Database: b.db, Passwords: b.passwords, Parts: health.Up,
		Keys: figures.Keys{Ring: ring, RotateEvery: b.config.KeyRotateEvery},
	}
	if b.redis != nil {
		s.Redis = b.redis
	}
	if b.config.SMTP.Reveal() != "" {
		s.Mails = b.db.CountMails
	}
	return s
}
