package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/internal/finding"
)

// checkServer checks one server. Its findings begin with name.
func (c checker) checkServer(ctx context.Context, server redis.Cmdable, name string) (found finding.List) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	asked := c.now()
	if err := server.Ping(ctx).Err(); err != nil {
		found.Fault(name, "start it, or correct GATEHOUSE_REDIS (address, password), and see that this machine reaches it", "it could not be checked: %s", err)
		return found
	}
	took := c.now().Sub(asked)
	found.Judge(took < 20*time.Millisecond, name+" latency", "move it closer: every refresh queries it once, and waits for at most 500 ms", "the first answer took %s", took.Round(time.Microsecond))
	c.checkClock(ctx, server, name, &found)
	text, err := server.Info(ctx, "everything").Result()
	if err != nil {
		found.Warn(name, "let its user run INFO", "its state could not be checked: %s", err)
	} else {
		judgeInfo(parseInfo(text), name, &found)
	}
	checkSettings(ctx, server, name, &found)
	return found
}

func (c checker) checkClock(ctx context.Context, server redis.Cmdable, name string, found *finding.List) {
	asked := c.now()
	if there, err := server.Time(ctx).Result(); err == nil {
		found.Clock(name+" clock", there, asked, c.now())
	}
}

// parseInfo parses lines of the form name:value.
func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

// judgeInfo judges what a server reports about its state.
func judgeInfo(info map[string]string, name string, found *finding.List) {
	const least = 7
	version := info["redis_version"]
	major, _ := strconv.Atoi(strings.SplitN(version, ".", 2)[0]) // 0 if it is not a number, which is too low
	found.Judge(major >= least, name+" version", fmt.Sprintf("use Redis %d or newer", least), "%s", version)
	if info["role"] == "slave" {
		found.Fault(name+" role", "name the primary, or the Sentinels that monitor it (redis+sentinel://)", "it is a replica, which refuses writes")
	}
	if info["loading"] == "1" {
		found.Warn(name+" loading", "wait", "it is still loading its data, and does not serve requests until then")
	}
	if info["aof_enabled"] == "1" && info["aof_last_write_status"] != "ok" {
		found.Fault(name+" append-only file", "repair its disk: it refuses writes until that works", "aof_last_write_status is %s", info["aof_last_write_status"])
	}
	judgeMemory(info, name, found)
}

func judgeMemory(info map[string]string, name string, found *finding.List) {
	const tight, full = 80, 95 // percent
	used, usedErr := strconv.ParseInt(info["used_memory"], 10, 64)
	most, mostErr := strconv.ParseInt(info["maxmemory"], 10, 64)
	if errors.Join(usedErr, mostErr) != nil || most == 0 {
		return
	}
	percent := used * 100 / most
	const do = "raise maxmemory: when that is reached, each replica counts tries for itself, and sessions take memory beyond it"
	switch {
	case percent >= full:
		found.Fault(name+" memory", do, "%d%% of maxmemory are in use", percent)
	case percent >= tight:
		found.Warn(name+" memory", do, "%d%% of maxmemory are in use", percent)
	default:
		found.OK(name+" memory", "%d%% of maxmemory are in use", percent)
	}
}

// checkSettings checks the settings that we depend on.
func checkSettings(ctx context.Context, server redis.Cmdable, name string, found *finding.List) {
	for _, setting := range settings() {
		values, err := server.ConfigGet(ctx, setting.name).Result()
		value, told := values[setting.name]
		check := name + " " + setting.name
		switch {
		case err != nil:
			found.Warn(name+" settings", "let its user run CONFIG GET, or look yourself: maxmemory-policy noeviction, appendonly yes",
				"its eviction policy and persistence could not be checked: %s", err)
			return
		case !told:
		case value == setting.want || value == setting.or:
			found.OK(check, "%s", value)
		case setting.level == finding.Fault:
			found.Fault(check, "CONFIG SET "+setting.name+" "+setting.want+", and in redis.conf", "it is %q, not %q: %s", value, setting.want, setting.because)
		default:
			found.Warn(check, "CONFIG SET "+setting.name+" "+setting.want+", and in redis.conf", "it is %q, not %q: %s", value, setting.want, setting.because)
		}
	}
}

// A setting is a setting of Redis that we depend on, and why.
type setting struct {
	name, want, or string
	level          finding.Level
	because        string
}

func settings() []setting {
	return []setting{
		{"maxmemory-policy", "noeviction", "", finding.Fault, "when memory runs out, it drops sessions and marks of ended ones rather than refuse to count tries"},
		{"appendonly", "yes", "", finding.Warning, "a restart loses counts of tries, and which refresh tokens were used since the database last heard of their sessions"},
		{"appendfsync", "everysec", "always", finding.Warning, "a power cut loses everything that the system had not written yet"},
	}
}
