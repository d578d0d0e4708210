package redisstore

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/internal/finding"
)

// marker is the key that exists until Redis is emptied.
const marker = "marker"

// Ping implements store.Rotations (scripts/ping.lua). It writes, because a Redis that
// refuses writes (a replica, a full disk) cannot serve a rotation. The key that it writes
// shows when Redis was emptied.
func (s *Store) Ping(ctx context.Context) error {
	var made int
	err := s.do(ctx, "asking Redis", func(ctx context.Context) (err error) {
		made, err = s.ping.Run(ctx, s.client, []string{s.prefix + marker}).Int()
		return err
	})
	if err != nil {
		return err
	}
	if seen := s.seen.Swap(true); seen && made == 1 {
		s.log.WarnContext(ctx, "Redis was emptied: sessions continue from the database, but counts of tries are lost")
	}
	return nil
}

// Check reports how the Redis servers are set up and what to change. It changes nothing.
func (s *Store) Check(ctx context.Context, now func() time.Time) finding.List {
	c := checker{timeout: s.timeout, now: now}
	return c.check(ctx, s.client)
}

// Examine is Check for a caller without an open Store.
func Examine(ctx context.Context, url string, now func() time.Time) finding.List {
	options, err := parse(url)
	if err != nil {
		var found finding.List
		found.Fault("redis", "correct GATEHOUSE_REDIS", "%s", err)
		return found
	}
	const patience = 2 * time.Second // longer than in a Store, because no request waits
	tune(options, patience)
	redis.SetLogger(driverLog{slog.New(slog.DiscardHandler)}) // the findings include what it would log
	client := redis.NewUniversalClient(options)
	defer func() { _ = client.Close() }() // its work is done
	c := checker{timeout: patience, now: now}
	found := c.check(ctx, client)
	if options.MasterName != "" {
		c.checkSentinels(ctx, options, &found)
	}
	return found
}

// A checker queries servers about their setup.
type checker struct {
	timeout time.Duration // of each server
	now     func() time.Time
}

func (c checker) check(ctx context.Context, client redis.UniversalClient) finding.List {
	cluster, ok := client.(*redis.ClusterClient)
	if !ok {
		return c.checkServer(ctx, client, "redis")
	}
	var mu sync.Mutex
	found := c.checkCluster(ctx, cluster)
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		some := c.checkServer(ctx, node, "redis "+node.Options().Addr)
		mu.Lock()
		defer mu.Unlock()
		found = append(found, some...)
		return nil
	})
	if err != nil {
		found.Fault("redis", "check that the servers run and that this machine reaches them", "the Cluster could not be checked: %s", err)
	}
	slices.SortStableFunc(found, func(a, b finding.Finding) int { return compareChecks(a.Check, b.Check) })
	return found
}

// compareChecks orders findings by server, and leaves those of one server as they are.
func compareChecks(a, b string) int {
	server := func(check string) string {
		var name, addr string
		_, _ = fmt.Sscan(check, &name, &addr) // without a second word it concerns all servers
		return addr
	}
	switch a, b := server(a), server(b); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (c checker) checkCluster(ctx context.Context, cluster *redis.ClusterClient) (found finding.List) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	text, err := cluster.ClusterInfo(ctx).Result()
	if err != nil {
		return nil // the checks of the servers report it
	}
	if state := parseInfo(text)["cluster_state"]; state != "ok" {
		found.Fault("redis cluster", "see which slots are not served: redis-cli --cluster check", "cluster_state is %s", state)
		return found
	}
	found.OK("redis cluster", "cluster_state is ok")
	return found
}

// checkSentinels asks every Sentinel in the URL whether it could manage a fail-over.
func (c checker) checkSentinels(ctx context.Context, o *redis.UniversalOptions, found *finding.List) {
	agreed := 0
	for _, addr := range o.Addrs {
		err := c.askSentinel(ctx, o, addr)
		if err != nil {
			found.Warn("redis sentinel "+addr, "check that it runs, monitors "+o.MasterName+" and reaches the others", "%s", err)
			continue
		}
		agreed++
	}
	const quorum = 2 // of three Sentinels, the fewest that can tell the larger side of a split
	switch {
	case agreed == 0:
		found.Fault("redis sentinels", "check that they run", "none can manage a fail-over of %s", o.MasterName)
	case len(o.Addrs) <= quorum:
		found.Warn("redis sentinels", "run three, on machines that fail apart, and name them all in GATEHOUSE_REDIS", "the settings name %d", len(o.Addrs))
	default:
		found.OK("redis sentinels", "%d of %d can manage a fail-over of %s", agreed, len(o.Addrs), o.MasterName)
	}
}

func (c checker) askSentinel(ctx context.Context, o *redis.UniversalOptions, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	s := redis.NewSentinelClient(&redis.Options{
		Addr: addr, Username: o.SentinelUsername, Password: o.SentinelPassword, TLSConfig: o.TLSConfig,
		DialTimeout: c.timeout, ReadTimeout: c.timeout, WriteTimeout: c.timeout, MaxRetries: -1,
	})
	defer func() { _ = s.Close() }() // its work is done
	return s.CkQuorum(ctx, o.MasterName).Err()
}
