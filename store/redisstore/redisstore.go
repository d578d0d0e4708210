// Package redisstore keeps the moving part in Redis: the last rotation of each session
// and the counts of tries. Redis is a fast copy. SQL has the record, and state that
// Redis loses is rebuilt from it (scripts/rotate.lua).
//
// Every atomic step is one Lua script whose keys share a slot, so it works on a single
// server, behind Sentinel and on a Cluster alike.
package redisstore

import (
	"context"
	"crypto/fips140"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/store"
	"gatehouse/store/breaker"
)

var (
	_ store.Rotations = (*Store)(nil)
	_ store.Throttles = (*Store)(nil)
)

// The atomic steps.
var (
	//go:embed scripts/rotate.lua
	rotateSource string
	//go:embed scripts/forget.lua
	forgetSource string
	//go:embed scripts/take.lua
	takeSource string
	//go:embed scripts/refund.lua
	refundSource string
	//go:embed scripts/ping.lua
	pingSource string
)

// defaultTimeout bounds one operation, including its retries. Redis answers in well
// under a millisecond, so a caller that waits longer has lost the connection.
const defaultTimeout = 500 * time.Millisecond

// Options say where Redis is.
type Options struct {
	// URL has one of these forms:
	//
	//	redis://[user:password@]host[:6379][/db]           rediss:// with TLS
	//	redis+sentinel://[user:password@]host[:26379],…/name-of-master[?db=0]
	//	redis+cluster://[user:password@]host[:6379],…
	//
	// The last two accept ?tls=true. The user is that of Redis. If Sentinel requires
	// one, too, it is given by ?sentinel_username= and ?sentinel_password=.
	URL string
	// Installation begins every key, so that several installations can share a Redis.
	Installation string
	Log          *slog.Logger
	// Timeout bounds one operation; 0: 500 ms.
	Timeout time.Duration
}

// A Store implements store.Rotations and store.Throttles by Redis.
type Store struct {
	client  redis.UniversalClient
	prefix  string // of every key
	timeout time.Duration
	breaker *breaker.Breaker
	log     *slog.Logger
	// seen is set once the marker was found or made (Ping).
	seen atomic.Bool

	rotate, forget, take, refund, ping *redis.Script
}

// Open connects to Redis. If Redis cannot be reached yet, Open succeeds, because Redis
// may start later than we do. If Redis refuses our credentials, Open fails.
func Open(ctx context.Context, o Options) (*Store, error) {
	options, err := parse(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Installation == "" {
		return nil, errors.New("redisstore: no installation is named, and its keys must not be taken for another's")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	tune(options, o.Timeout)
	redis.SetLogger(driverLog{o.Log})
	s := &Store{client: redis.NewUniversalClient(options), prefix: "gh:" + o.Installation + ":", timeout: o.Timeout, log: o.Log}
	// Redis names a script by its SHA-1, which protects nothing.
	fips140.WithoutEnforcement(func() {
		s.rotate, s.forget = redis.NewScript(rotateSource), redis.NewScript(forgetSource)
		s.take, s.refund, s.ping = redis.NewScript(takeSource), redis.NewScript(refundSource), redis.NewScript(pingSource)
	})
	s.breaker = breaker.New(breaker.Options{Name: "Redis", Hangs: s.hangs, Timeout: o.Timeout / 2, Log: o.Log})
	err = s.Ping(ctx)
	if redis.IsAuthError(err) || redis.IsPermissionError(err) {
		return nil, errors.Join(err, s.Close())
	}
	if err != nil {
		o.Log.WarnContext(ctx, "Redis does not answer yet", "error", err)
	}
	return s, nil
}

// Close ends all connections.
func (s *Store) Close() error {
	return errors.Join(s.breaker.Close(), s.client.Close())
}

// Refusing reports whether Redis hangs, so that operations fail at once.
func (s *Store) Refusing() bool { return s.breaker.Open() }

// hangs is the breaker's probe. While the breaker is open, nothing else uses the pool.
func (s *Store) hangs(ctx context.Context) bool {
	return judge(context.WithoutCancel(ctx), s.client.Ping(ctx).Err()) == breaker.Hung
}

// do runs one operation within the time limit. If the breaker is open, or the operation
// fails for any reason but the caller's cancellation, the error is ErrUnavailable.
func (s *Store) do(ctx context.Context, doing string, f func(context.Context) error) error {
	if s.breaker.Open() {
		return fmt.Errorf("%s: %w: Redis did not answer earlier requests", doing, store.ErrUnavailable)
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := f(bounded)
	s.breaker.Report(judge(ctx, err))
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	return fmt.Errorf("%s: %w: %w", doing, store.ErrUnavailable, err)
}

// judge distinguishes a Redis that hangs from one that refuses, because only the first
// costs its callers time, and from a caller that went away.
func judge(caller context.Context, err error) breaker.Verdict {
	var network net.Error
	switch {
	case err == nil:
		return breaker.Answered
	case caller.Err() != nil:
		return breaker.Abandoned
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, redis.ErrPoolTimeout),
		errors.As(err, &network) && network.Timeout():
		return breaker.Hung
	}
	return breaker.Answered
}
