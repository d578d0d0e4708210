package model_test

import (
	"context"
	"database/sql"
	"time"

	"github.com/redis/go-redis/v9"
)

// clocks moves what the back-ends remember by clocks of their own: to make what
// happened look as old as it is by the test's clock.
type clocks struct {
	sql    *sql.DB       // MariaDB; nil: SQLite, which has the test's clock
	redis  *redis.Client // nil: none
	synced time.Time     // when both clocks agreed last
}

// older makes every rotation older by d, less the time that has really passed.
func (c *clocks) older(t failer, d time.Duration) {
	d -= time.Since(c.synced)
	c.synced = time.Now()
	ctx := context.Background()
	if c.sql != nil {
		if _, err := c.sql.ExecContext(ctx, "UPDATE sessions SET rotated_at = rotated_at - ?", d.Milliseconds()); err != nil {
			t.Fatalf("executing the statement: %v", err)
		}
	}
	if c.redis != nil {
		if err := olderScript.Run(ctx, c.redis, nil, -d.Milliseconds()).Err(); err != nil {
			t.Fatalf("making the keys older: %v", err)
		}
	}
}

var olderScript = redis.NewScript(`
for _, key in ipairs(redis.call('KEYS', 'gh:s:*')) do
  if redis.call('HEXISTS', key, 'at') == 1 then redis.call('HINCRBY', key, 'at', ARGV[1]) end
end
return 1`)

// keep has the clocks agree, so that a slow machine changes no answer.
func (c *clocks) keep(t failer) {
	if (c.sql != nil || c.redis != nil) && time.Since(c.synced) > 300*time.Millisecond {
		c.older(t, 0)
	}
}

// A snapshot is what Redis had, and when.
type snapshot struct {
	hashes map[string]map[string]string
	taken  time.Time // by the test's clock
	synced time.Time // in the world
}

func (c *clocks) snapshot(t failer, now time.Time) snapshot {
	c.older(t, 0)
	s := snapshot{hashes: map[string]map[string]string{}, taken: now, synced: c.synced}
	found, err := c.redis.Keys(context.Background(), "gh:s:*").Result()
	if err != nil {
		t.Fatalf("listing the keys: %v", err)
	}
	for _, key := range found {
		if s.hashes[key], err = c.redis.HGetAll(context.Background(), key).Result(); err != nil {
			t.Fatalf("reading the key: %v", err)
		}
	}
	return s
}

// restore puts back what Redis had, and nothing else.
func (c *clocks) restore(t failer, s snapshot, now time.Time) {
	c.empty(t)
	for key, hash := range s.hashes {
		if err := c.redis.HSet(context.Background(), key, hash).Err(); err != nil {
			t.Fatalf("writing the key back: %v", err)
		}
	}
	c.synced = s.synced // the times in it are of then
	c.older(t, now.Sub(s.taken))
}

func (c *clocks) empty(t failer) {
	if err := c.redis.FlushDB(context.Background()).Err(); err != nil {
		t.Fatalf("flushing Redis: %v", err)
	}
}

// clear forgets what earlier sequences left, which has no clock any more.
func (c *clocks) clear(t failer) {
	if c.redis != nil {
		c.empty(t)
	}
	if c.sql != nil {
		if _, err := c.sql.ExecContext(context.Background(), "DELETE FROM sessions"); err != nil {
			t.Fatalf("executing the statement: %v", err)
		}
	}
}
