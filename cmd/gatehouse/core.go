package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/bulk"
	"gatehouse/internal/client"
	"gatehouse/internal/client/document"
	"gatehouse/internal/clock"
	"gatehouse/internal/ending"
	"gatehouse/internal/factor"
	"gatehouse/internal/grant"
	"gatehouse/internal/hourly"
	"gatehouse/internal/link"
	"gatehouse/internal/mail"
	"gatehouse/internal/metrics"
	"gatehouse/internal/password"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/stolen"
	"gatehouse/internal/throttle"
	"gatehouse/internal/uses"
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
	hourly  *hourly.Recorder

	db        *sqlstore.DB
	redis     *redisstore.Store // nil without Redis
	rotations store.Rotations
	limits    *throttle.Limiter
	passwords *password.Hasher
	policy    password.Policy
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
	b.hourly = &hourly.Recorder{Add: b.db.AddHourly, Every: hourly.DefaultEvery, Now: b.now, Log: log}
	b.db.Audited = b.hourly.Audited
	if err := b.db.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("bringing the database schema up to date: %w", err)
	}
	throttles, err := b.openMovingPart(ctx)
	if err != nil {
		return nil, err
	}
	b.limits = b.newLimiter(throttles)
	b.passwords = password.New(password.Options{
		MemoryKiB: cfg.PasswordMemoryKiB, Iterations: cfg.PasswordIterations, BudgetMiB: passwordBudgetMiB(cfg),
		PBKDF2:  cfg.PasswordHash == config.HashPBKDF2,
		Network: func(ctx context.Context) string { return reqctx.From(ctx).Site().String() },
	})
	b.policy, err = passwordPolicy(cfg)
	return &b, err
}

// passwordPolicy returns which passwords people may choose.
func passwordPolicy(cfg config.Config) (p password.Policy, err error) {
	p.MinLength = cfg.PasswordMinLength
	if cfg.StolenPasswords != "" {
		if p.Stolen, err = stolen.Open(cfg.StolenPasswords); err != nil {
			return p, fmt.Errorf("opening the list of stolen passwords: %w", err)
		}
	}
	return p, nil
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
	catalog  *apis.Catalog // the APIs, likewise
	ends     *ending.Service
	sessions *session.Service
	people   *account.Service
	mails    *mail.Outbox // nil without a mail server
	factors  *factor.Service
	apps     *client.Service
	apis     *apis.Service
	// documents knows the apps that a document at their URL describes.
	documents  *document.Service
	clientUses *uses.Recorder
	// explainer keeps why requests were refused.
	explainer *refusal.Recorder
	bulk      *bulk.Service
}

// openCore opens what a command needs. Its services sign nothing, but may send mail.
func openCore(ctx context.Context, cfg config.Config, log *slog.Logger) (*core, error) {
	b, err := openBackends(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	s, err := b.sealing(ctx)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b.services(s), nil
}

// services builds the services on the back-ends. A command passes a signing without keys to
// sign with.
func (b *backends) services(s signing) *core {
	registry := &client.Cache{Store: b.db, AccountsRotation: b.config.AccountsRotation, Now: now}
	catalog := &apis.Catalog{Store: b.db, Audience: b.config.Audience, Now: now}
	ends := &ending.Service{
		DB: b.db, Rotations: b.rotations, Now: b.now, Log: b.log,
		Observe: func(n int) { b.metrics.Sessions(string(session.Ended), n) },
	}
	resources := &apis.Service{DB: b.db, Issuer: b.config.Issuer, Audience: b.config.Audience, Cursors: s.cursors, Keys: b.choosing(s), Now: b.now}
	apps := &client.Service{
		DB: b.db, Ends: ends, Cursors: s.cursors, Grants: grant.Types(), MaxRefreshIdle: b.config.RefreshTokenLifetime, KeepUnused: b.config.RefreshTokenIdle, Now: b.now, Log: b.log,
		APIs: resources, Keys: b.choosing(s),
	}
	mails := b.newOutbox(s.data)
	factors := &factor.Service{
		DB: b.db, Vault: s.data, Limits: b.limits, Require: b.config.RequireFactor, Brand: cmp.Or(b.config.BrandName, "Gatehouse"), Now: b.now,
	}
	people := &account.Service{
		DB: b.db, Ends: ends, Mail: mails, Passwords: b.passwords, Policy: b.policy,
		Cursors: s.cursors, Limits: b.limits, Factors: factors, SignUpOpen: b.config.SignUp != "closed", SignUpVerified: b.config.SignUp == "verified", SignUpPasskey: b.config.SignUpPasskey,
		Links: &link.Service{DB: b.db, Issuer: b.config.Issuer, Now: b.now}, Now: b.now, Log: b.log,
		Observe: func(method signin.Method, result string) { b.metrics.SignIn(string(method), result) },
	}
	factors.Guessed, factors.Notice = people.TellOfGuessing, people.Unfamiliar
	sessions := b.newSessions(registry, catalog, ends, s)
	return &core{
		bulk:   &bulk.Service{DB: b.db, People: people, Sessions: sessions, Now: b.now, Log: b.log},
		people: people, backends: b, mails: mails, factors: factors, registry: registry, catalog: catalog, ends: ends, sessions: sessions,
		apps: apps, apis: resources, documents: b.newDocuments(registry, apps),
		clientUses: b.usesOf("apps", b.db.UsedClients), explainer: b.newExplainer(),
	}
}

func (b *backends) newExplainer() *refusal.Recorder {
	return &refusal.Recorder{
		Store: b.db, Page: strings.TrimSuffix(b.config.Issuer, "/") + refusal.Path, Every: refusal.DefaultEvery,
		Dropped: b.metrics.RefusalsDropped, Now: b.now, Log: b.log,
	}
}

// usesOf returns a recorder of the last uses of one kind.
func (b *backends) usesOf(kind string, record func(context.Context, []string, time.Time) error) *uses.Recorder {
	return &uses.Recorder{Record: record, Of: kind, Every: uses.DefaultEvery, Now: b.now, Log: b.log}
}

func (b *backends) newDocuments(registry *client.Cache, apps *client.Service) *document.Service {
	cfg := b.config
	return &document.Service{
		DB: b.db, Clients: registry, Rules: apps, HTTP: b.strangers(), Limits: b.limits, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: b.now,
		Switch: &document.Switch{Mode: cfg.ClientDocuments, Hosts: cfg.ClientDocumentHosts, APIs: b.db, Now: now},
	}
}

func (b *backends) newSessions(registry *client.Cache, catalog *apis.Catalog, ends *ending.Service, s signing) *session.Service {
	cfg := b.config
	var touchEvery time.Duration
	var record store.Rotations
	var touches *session.Touches
	if b.redis != nil {
		touchEvery, record = session.DefaultTouchEvery, b.db.Rotations()
		touches = &session.Touches{Record: b.db.TouchSessions, Every: session.DefaultGather, Most: session.DefaultWaiting, Observe: b.metrics.SessionUses, Log: b.log}
	}
	return &session.Service{
		DB: b.db, Rotations: b.rotations, Record: record, Ends: ends, Clients: registry, APIs: catalog, Keys: s.ring, Minter: s.minter, Verifier: s.verifier,
		Inspectors:  session.Inspectors{Audience: cfg.Audience, HoldersOnly: cfg.Introspection == "own", APIs: catalog},
		Upgrade:     &session.Upgrade{DB: b.db, Now: b.now},
		Lifetimes:   session.Lifetimes{Access: cfg.AccessTokenLifetime, RefreshIdle: cfg.RefreshTokenIdle, RefreshAbsolute: cfg.RefreshTokenLifetime},
		MaxSessions: cfg.MaxSessions, ObserveLimit: b.metrics.SessionLimit,
		Grace: cfg.RefreshGrace, TouchEvery: touchEvery, Touches: touches, Now: b.now, Log: b.log,
		Observe: func(what session.Event, n int) { b.metrics.Sessions(string(what), n) },
	}
}
