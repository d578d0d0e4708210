package account

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
)

// chores runs work after the answer to the request that asked for it, one piece at a
// time. So the answer, and the time that it takes, cannot tell whether there was anything
// to do. The zero value is ready.
type chores struct {
	one     sync.Mutex
	waiting atomic.Int64
	running sync.WaitGroup
}

const (
	// MaxChores is how many pieces of work may wait. Further ones are refused at once.
	MaxChores = 256
	// choreTime bounds one piece.
	choreTime = 10 * time.Second
)

// do runs f soon, with the values of ctx, or returns a *password.Busy.
func (c *chores) do(ctx context.Context, f func(context.Context)) error {
	if c.waiting.Add(1) > MaxChores {
		c.waiting.Add(-1)
		return &password.Busy{RetryAfter: patience}
	}
	info := *reqctx.From(ctx) // a copy: the request goes on and writes to its own
	ctx = reqctx.With(context.WithoutCancel(ctx), &info)
	c.running.Go(func() {
		defer c.waiting.Add(-1)
		c.one.Lock()
		defer c.one.Unlock()
		ctx, cancel := context.WithTimeout(ctx, choreTime)
		defer cancel()
		f(ctx)
	})
	return nil
}

// Settle waits for the work that goes on after answers.
func (s *Service) Settle() { s.chores.running.Wait() }
