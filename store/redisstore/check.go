package redisstore

import (
	"context"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"
)

// markerKey is there as long as Redis keeps what it was told.
const markerKey = "gh:marker"

// Ping implements store.Rotations. It writes, because a Redis that only reads
// (a replica, a full disk) is of no use to a rotation; and what it writes tells
// when Redis was emptied beneath us.
func (s *Store) Ping(ctx context.Context) error {
	var made bool
	err := s.do(ctx, "asking Redis", func(ctx context.Context) (err error) {
		made, err = s.client.SetNX(ctx, markerKey, "1", 0).Result()
		return err
	})
	if err != nil {
		return err
	}
	if seen := s.seen.Swap(true); seen && made {
		s.log.WarnContext(ctx, "Redis was emptied: sessions go on from the database, but counts of tries are lost")
	}
	return nil
}

// Check returns, in plain words, what is wrong with how the Redis servers are set up.
func (s *Store) Check(ctx context.Context) []string {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		return s.checkServer(ctx, s.client, "Redis")
	}
	var mu sync.Mutex
	var warnings []string
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		found := s.checkServer(ctx, c, "Redis at "+c.Options().Addr)
		mu.Lock()
		defer mu.Unlock()
		warnings = append(warnings, found...)
		return nil
	})
	if err != nil {
		warnings = append(warnings, fmt.Sprintf("Redis Cluster could not be checked: %v", err))
	}
	return warnings
}

// checkServer checks one server, called by name.
func (s *Store) checkServer(ctx context.Context, c redis.Cmdable, name string) []string {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var warnings []string
	for _, setting := range settings() {
		found, err := c.ConfigGet(ctx, setting.name).Result()
		value, told := found[setting.name]
		switch {
		case err != nil:
			return append(warnings, fmt.Sprintf("%s: its eviction policy and persistence could not be checked: %v", name, err))
		case told && value != setting.want:
			warnings = append(warnings, fmt.Sprintf("%s: %s is %q, not %q: %s", name, setting.name, value, setting.want, setting.because))
		}
	}
	return warnings
}

// A setting is one that we depend on, and why.
type setting struct{ name, want, because string }

func settings() []setting {
	return []setting{
		{"maxmemory-policy", "noeviction", "when memory runs out, it drops counts of tries and marks of ended sessions rather than refuse"},
		{"appendonly", "yes", "a restart loses counts of tries, and which refresh tokens were used since the database last heard of their sessions"},
	}
}
