package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/internal/clock"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/metrics"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/sqlstore"
)

// backends are the stores, and the layer between them and the services.
type backends struct {
	config config.Config
	log    *slog.Logger
	// now is the time as it is recorded, to the millisecond. Code that measures
	// durations gets the function now instead.
	now     func() time.Time
	metrics *metrics.Metrics

	db        *sqlstore.DB
	redis     *redisstore.Store // nil without Redis
	rotations store.Rotations
	limits    *throttle.Limiter
	passwords *password.Hasher
}

// openBackends connects the back-ends and brings the schema up to date.
func openBackends(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *backends, err error) {
	b := backends{config: cfg, log: log, now: clock.Millis(now), metrics: metrics.New(version)}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if b.db, err = openDatabase(ctx, cfg, log); err != nil {
		return nil, err
	}
	if err := b.db.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("bringing the database schema up to date: %w", err)
	}
	throttles, err := b.openMovingPart(ctx)
	if err != nil {
		return nil, err
	}
	b.limits = b.newLimiter(throttles)
	b.passwords = password.New(password.Options{
		MemoryKiB: cfg.PasswordMemoryKiB, Iterations: cfg.PasswordIterations, BudgetMiB: cfg.PasswordBudgetMiB,
		Network: func(ctx context.Context) string { return reqctx.From(ctx).Site().String() },
	})
	return &b, nil
}

func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*sqlstore.DB, error) {
	db, err := sqlstore.Open(ctx, sqlstore.Options{DSN: cfg.Database.Reveal(), Now: now, Log: log, MaxConns: cfg.DatabaseConnections})
	if err != nil {
		return nil, databaseTrouble(cfg, err)
	}
	return db, nil
}

// openMovingPart chooses the store of rotations and throttles. The server starts
// without an answer from Redis: requests that need it get 503 until it answers.
func (b *backends) openMovingPart(ctx context.Context) (throttles store.Throttles, err error) {
	url := b.config.Redis.Reveal()
	if url == "" {
		b.rotations = b.db.Rotations()
		return b.db.Throttles(), nil
	}
	installation, err := b.db.Installation(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the installation's ID: %w", err)
	}
	if b.redis, err = redisstore.Open(ctx, redisstore.Options{URL: url, Installation: installation, Log: b.log}); err != nil {
		return nil, fmt.Errorf("opening Redis: %w", err)
	}
	b.rotations = b.redis
	return b.redis, nil
}

func (b *backends) newLimiter(throttles store.Throttles) *throttle.Limiter {
	rules := throttle.DefaultRules()
	rules.SignIn.Free, rules.Near.Free = b.config.SignInFreeTries, b.config.SignInFreeTries
	rules.SignIn.MaxDelay, rules.Spread.MaxDelay = b.config.SignInMaxDelay, b.config.SignInMaxDelay
	rules.SignUp.Free = b.config.SignUpFree
	return &throttle.Limiter{
		Store: throttles, Fallback: throttle.NewMemory(now), Rules: rules,
		Now: now, Log: b.log, Observe: b.metrics.Throttled, Elsewhere: throttle.DefaultElsewhere, Suspect: b.suspect,
	}
}

// suspect puts a suspicion on record.
func (b *backends) suspect(ctx context.Context, s throttle.Suspicion) {
	event := audit.Event{Actor: "anonymous", What: audit.AttackSuspected{What: s.What, Network: s.Network}}
	if s.Sub != "" {
		event.Subject = audit.UserSubject(s.Sub)
	}
	if err := b.db.Audit(ctx, event.Record(ctx, b.now())); err != nil {
		b.log.WarnContext(ctx, "a suspected attack was not recorded", "what", s.What, "network", s.Network, "error", err)
	}
}

// Close closes the back-ends, the last one opened first.
func (b *backends) Close() error {
	var closers []io.Closer
	if b.redis != nil {
		closers = append(closers, b.redis)
	}
	if b.db != nil {
		closers = append(closers, b.db)
	}
	var err error
	for _, closer := range closers {
		err = errors.Join(err, closer.Close())
	}
	return err
}

// core is what every command works on: the back-ends and the services built on them.
type core struct {
	*backends
	registry *client.Cache // the apps, at most a second old
	ends     *ending.Service
	sessions *session.Service
	people   *account.Service
	apps     *client.Service
}

// openCore opens what a command needs. Its services sign nothing.
func openCore(ctx context.Context, cfg config.Config, log *slog.Logger) (*core, error) {
	b, err := openBackends(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	return b.services(signing{}), nil
}

// services builds the services on the back-ends. A command passes the zero signing.
func (b *backends) services(s signing) *core {
	registry := &client.Cache{Store: b.db, AccountsRotation: b.config.AccountsRotation, Now: now}
	ends := &ending.Service{
		DB: b.db, Rotations: b.rotations, Now: b.now, Log: b.log,
		Observe: func(n int) { b.metrics.Sessions(string(session.Ended), n) },
	}
	return &core{
		backends: b, registry: registry, ends: ends, sessions: b.newSessions(registry, ends, s),
		people: &account.Service{
			DB: b.db, Ends: ends, Passwords: b.passwords, Policy: password.Policy{MinLength: b.config.PasswordMinLength},
			Cursors: s.cursors, Limits: b.limits, SignUpOpen: b.config.SignUpOpen, Now: b.now, Log: b.log,
			Observe: func(method signin.Method, result string) { b.metrics.SignIn(string(method), result) },
		},
		apps: &client.Service{
			DB: b.db, Ends: ends, Cursors: s.cursors, Grants: grant.Types(), MaxRefreshIdle: b.config.RefreshTokenLifetime, Now: b.now, Log: b.log,
		},
	}
}

func (b *backends) newSessions(registry *client.Cache, ends *ending.Service, s signing) *session.Service {
	cfg := b.config
	var touchEvery time.Duration
	var record store.Rotations
	if b.redis != nil {
		touchEvery, record = session.DefaultTouchEvery, b.db.Rotations()
	}
	return &session.Service{
		DB: b.db, Rotations: b.rotations, Record: record, Ends: ends, Clients: registry, Keys: s.ring, Minter: s.minter, Verifier: s.verifier,
		Upgrade:     &session.Upgrade{DB: b.db, Now: b.now},
		Lifetimes:   session.Lifetimes{Access: cfg.AccessTokenLifetime, RefreshIdle: cfg.RefreshTokenIdle, RefreshAbsolute: cfg.RefreshTokenLifetime},
		MaxSessions: cfg.MaxSessions, ObserveLimit: b.metrics.SessionLimit,
		Grace: cfg.RefreshGrace, TouchEvery: touchEvery, Now: b.now, Log: b.log,
		Observe: func(what session.Event, n int) { b.metrics.Sessions(string(what), n) },
	}
}
