package redisstore

import (
	"context"
	"encoding/base64"
	"time"

	"gatehouse/store"
)

// throttleKey returns the Redis key of a key's count.
func (s *Store) throttleKey(key store.Digest) string {
	return s.prefix + "t:" + base64.RawURLEncoding.EncodeToString(key[:])
}

// Take implements store.Throttles (scripts/take.lua).
func (s *Store) Take(ctx context.Context, key store.Digest, r store.Rule) (store.Decision, error) {
	args := []any{r.Free, milliseconds(r.Delay), max(r.Factor, 1), milliseconds(r.MaxDelay), max(milliseconds(r.Forget), 1)}
	var reply []int64
	err := s.do(ctx, "counting a try", func(ctx context.Context) (err error) {
		reply, err = s.take.Run(ctx, s.client, []string{s.throttleKey(key)}, args...).Int64Slice()
		if err == nil && len(reply) != 2 {
			err = errReply
		}
		return err
	})
	if err != nil {
		return store.Decision{}, err
	}
	return store.Decision{Allowed: reply[0] == 1, RetryAfter: time.Duration(reply[1]) * time.Millisecond}, nil
}

// milliseconds rounds up, so that a short delay does not become 0.
func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// Clear implements store.Throttles.
func (s *Store) Clear(ctx context.Context, key store.Digest) error {
	return s.do(ctx, "clearing a count of tries", func(ctx context.Context) error {
		return s.client.Del(ctx, s.throttleKey(key)).Err()
	})
}

// Refund implements store.Throttles (scripts/refund.lua).
func (s *Store) Refund(ctx context.Context, key store.Digest) error {
	return s.do(ctx, "refunding a try", func(ctx context.Context) error {
		return s.refund.Run(ctx, s.client, []string{s.throttleKey(key)}).Err()
	})
}

// SweepThrottles implements store.Throttles. Keys in Redis expire on their own.
func (s *Store) SweepThrottles(context.Context, int) (int64, error) { return 0, nil }
