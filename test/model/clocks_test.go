package model_test

import (
	"context"
	"database/sql"
	"time"

	"github.com/redis/go-redis/v9"
)

// clocks shifts the times that the back-ends take from clocks of their own, so that
// events look as old as they are by the test's clock.
type clocks struct {
	sql    *sql.DB       // MariaDB; nil on SQLite, which uses the test's clock
	redis  *redis.Client // nil without Redis
	synced time.Time     // when both clocks last agreed
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
for _, key in ipairs(redis.call('KEYS', 'gh:TEST:s:*')) do
  if redis.call('HEXISTS', key, 'd') == 1 then redis.call('HINCRBY', key, 'd', ARGV[1]) end
end
return 1`)

// keep makes the clocks agree, so that a slow machine does not change an answer.
func (c *clocks) keep(t failer) {
	if (c.sql != nil || c.redis != nil) && time.Since(c.synced) > 300*time.Millisecond {
		c.older(t, 0)
	}
}

// A snapshot is a copy of Redis's sessions, and its time.
type snapshot struct {
	hashes map[string]map[string]string
	taken  time.Time // by the test's clock
	synced time.Time // by the real clock
}

func (c *clocks) snapshot(t failer, now time.Time) snapshot {
	c.older(t, 0)
	s := snapshot{hashes: map[string]map[string]string{}, taken: now, synced: c.synced}
	found, err := c.redis.Keys(context.Background(), "gh:TEST:s:*").Result()
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

// restore replaces Redis's data by the snapshot.
func (c *clocks) restore(t failer, s snapshot, now time.Time) {
	c.empty(t)
	for key, hash := range s.hashes {
		if err := c.redis.HSet(context.Background(), key, hash).Err(); err != nil {
			t.Fatalf("writing the key back: %v", err)
		}
	}
	c.synced = s.synced // the times in the snapshot are from then
	c.older(t, now.Sub(s.taken))
}

func (c *clocks) empty(t failer) {
	if err := c.redis.FlushDB(context.Background()).Err(); err != nil {
		t.Fatalf("flushing Redis: %v", err)
	}
}

// clear removes the sessions of earlier sequences, whose clocks have stopped.
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
