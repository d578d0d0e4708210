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
	"gatehouse/internal/client"
	"gatehouse/internal/clock"
	"gatehouse/internal/grant"
	"gatehouse/internal/metrics"
	"gatehouse/internal/oauth"
	"gatehouse/internal/password"
	"gatehouse/internal/session"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/sqlstore"
)

// core is what every command needs: the back-ends, and the services on them that
// sign nothing. The server adds the keys and the door (app.go).
type core struct {
	config config.Config
	log    *slog.Logger
	// now is the time as it is recorded. What measures how long something takes is
	// given the function of that name instead.
	now     func() time.Time
	metrics *metrics.Metrics

	db        *sqlstore.DB
	redis     *redisstore.Store // nil without Redis
	rotations store.Rotations
	limits    *throttle.Limiter
	passwords *password.Hasher

	// fresh is set if there was no signing key yet, beside a SQLite file.
	fresh bool

	registry *oauth.Clients // the apps, as they were at most a second ago
	sessions *session.Service
	people   *account.Service
	apps     *client.Service
}

// openCore connects the back-ends, brings the schema up to date and builds the services.
func openCore(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *core, err error) {
	c := &core{config: cfg, log: log, now: clock.Millis(now), metrics: metrics.New(version)}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.db, err = openDatabase(ctx, cfg, log); err != nil {
		return nil, err
	}
	if err := c.db.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("bringing the database schema up to date: %w", err)
	}
	if err := c.openMovingPart(ctx); err != nil {
		return nil, err
	}
	c.build()
	return c, nil
}

func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*sqlstore.DB, error) {
	db, err := sqlstore.Open(ctx, sqlstore.Options{DSN: cfg.Database.Reveal(), Now: now, Log: log, MaxConns: cfg.DatabaseConnections})
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return db, nil
}

// openMovingPart chooses who holds rotations and throttles. Redis being away is no
// reason not to start: what needs it answers 503 until it is back.
func (c *core) openMovingPart(ctx context.Context) error {
	throttles := c.db.Throttles()
	c.rotations = c.db.Rotations()
	if url := c.config.Redis.Reveal(); url != "" {
		var err error
		if c.redis, err = redisstore.Open(ctx, redisstore.Options{URL: url, Log: c.log}); err != nil {
			return fmt.Errorf("opening Redis: %w", err)
		}
		throttles, c.rotations = c.redis, c.redis
	}
	c.limits = c.newLimiter(throttles)
	return nil
}

func (c *core) newLimiter(throttles store.Throttles) *throttle.Limiter {
	rules := throttle.DefaultRules()
	rules.SignIn.Free = c.config.SignInFreeTries
	rules.SignIn.MaxDelay = c.config.SignInMaxDelay
	rules.SignUp.Free = c.config.SignUpFree
	return &throttle.Limiter{
		Store: throttles, Fallback: throttle.NewMemory(now), Rules: rules,
		Now: now, Log: c.log, Observe: c.metrics.Throttled, Elsewhere: 700 * time.Millisecond,
	}
}

func (c *core) build() {
	cfg := c.config
	c.passwords = password.New(password.Options{
		MemoryKiB: cfg.PasswordMemoryKiB, Iterations: cfg.PasswordIterations, BudgetMiB: cfg.PasswordBudgetMiB,
	})
	c.registry = &oauth.Clients{Store: c.db, Now: now}
	c.sessions = &session.Service{
		DB: c.db, Rotations: c.rotations, Clients: c.registry,
		Lifetimes: session.Lifetimes{Access: cfg.AccessTokenLifetime, RefreshIdle: cfg.RefreshTokenIdle, RefreshAbsolute: cfg.RefreshTokenLifetime},
		Grace:     cfg.RefreshGrace, Now: c.now, Log: c.log,
		Observe: func(what session.Event, n int) { c.metrics.Sessions(string(what), n) },
	}
	if c.redis != nil {
		c.sessions.TouchEvery = time.Minute
	}
	c.people = &account.Service{
		DB: c.db, Sessions: c.sessions, Passwords: c.passwords, Policy: password.Policy{MinLength: cfg.PasswordMinLength},
		Limits: c.limits, SignUpOpen: cfg.SignUpOpen, Now: c.now, Log: c.log, Observe: c.metrics.SignIn,
	}
	c.apps = &client.Service{DB: c.db, Sessions: c.sessions, Grants: grant.Types(), MaxRefreshIdle: cfg.RefreshTokenLifetime, Now: c.now, Log: c.log}
}

// Close closes the back-ends, the last opened first.
func (c *core) Close() error {
	var closers []io.Closer
	if c.redis != nil {
		closers = append(closers, c.redis)
	}
	if c.db != nil {
		closers = append(closers, c.db)
	}
	var err error
	for _, closer := range closers {
		err = errors.Join(err, closer.Close())
	}
	return err
}
