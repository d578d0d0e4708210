package redisstore

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// errURL never quotes the URL or part of it, which may be an unescaped password.
var errURL = errors.New("redisstore: the URL does not have one of the forms redis://host:6379/0, rediss://host:6379/0, " +
	"redis+sentinel://host:26379,host:26379/name-of-master, redis+cluster://host:6379,host:6379 " +
	"(write special characters in a password as %XX)")

// A form is what the scheme of a URL implies.
type form struct {
	port     string // if the URL does not name one
	many     bool   // several hosts
	tls      bool
	sentinel bool
	cluster  bool
}

// formOf returns the form of a scheme.
func formOf(scheme string) (form, bool) {
	switch scheme {
	case "redis":
		return form{port: "6379"}, true
	case "rediss":
		return form{port: "6379", tls: true}, true
	case "redis+sentinel":
		return form{port: "26379", many: true, sentinel: true}, true
	case "redis+cluster":
		return form{port: "6379", many: true, cluster: true}, true
	}
	return form{}, false
}

// parse parses a URL. Package net/url accepts only one host, so parse cuts the list of
// hosts out first.
func parse(raw string) (*redis.UniversalOptions, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	f, known := formOf(scheme)
	if !found || !known {
		return nil, errURL
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	user, hosts := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, hosts = authority[:i+1], authority[i+1:]
	}
	u, err := url.Parse("redis://" + user + "host" + tail)
	if err != nil || u.Fragment != "" {
		return nil, errURL
	}
	o := &redis.UniversalOptions{IsClusterMode: f.cluster}
	o.Username = u.User.Username()
	o.Password, _ = u.User.Password()
	if o.Addrs, err = addresses(hosts, f); err != nil {
		return nil, err
	}
	if err := readPath(o, u.Path, f); err != nil {
		return nil, err
	}
	return o, readQuery(o, u.RawQuery, f)
}

// addresses splits the list of hosts.
func addresses(list string, f form) ([]string, error) {
	hosts := strings.Split(list, ",")
	if len(hosts) > 1 && !f.many {
		return nil, errors.New("redisstore: several hosts need redis+sentinel:// or redis+cluster://")
	}
	for i, h := range hosts {
		host, port, err := net.SplitHostPort(h)
		if err != nil {
			host, port = strings.Trim(h, "[]"), f.port
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil || host == "" || strings.ContainsAny(host, "[]") {
			return nil, errURL
		}
		hosts[i] = net.JoinHostPort(host, port)
	}
	return hosts, nil
}

// readPath parses the number of the database, or the name of Sentinel's master.
func readPath(o *redis.UniversalOptions, path string, f form) error {
	path = strings.Trim(path, "/")
	switch {
	case f.sentinel && path == "":
		return errors.New("redisstore: redis+sentinel:// needs the name of the master after the hosts")
	case f.sentinel:
		o.MasterName = path
		return nil
	case path == "":
		return nil
	}
	return readDatabase(o, path, f)
}

func readDatabase(o *redis.UniversalOptions, number string, f form) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return errURL
	}
	if f.cluster && n != 0 {
		return errors.New("redisstore: a Redis Cluster has only database 0")
	}
	o.DB = n
	return nil
}

// readQuery parses the parameters. It refuses an unknown one, which is a mistake that
// would otherwise go unnoticed.
func readQuery(o *redis.UniversalOptions, raw string, f form) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return errURL
	}
	secure := f.tls
	for name, values := range query {
		value := values[len(values)-1]
		switch {
		case name == "db":
			err = readDatabase(o, value, f)
		case name == "tls":
			secure, err = readTLS(value)
		case name == "sentinel_username" && f.sentinel:
			o.SentinelUsername = value
		case name == "sentinel_password" && f.sentinel:
			o.SentinelPassword = value
		default:
			err = errors.New("redisstore: the URL has an unknown parameter; the known ones are db, tls and, for Sentinel, sentinel_username and sentinel_password")
		}
		if err != nil {
			return err
		}
	}
	if secure {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return nil
}

func readTLS(value string) (bool, error) {
	on, err := strconv.ParseBool(value)
	if err != nil { // which repeats the value
		return false, errors.New("redisstore: the parameter tls is neither true nor false")
	}
	return on, nil
}

// tune sets the options that the URL leaves open. Retries have to fit into the time of
// one operation, so only fast failures are retried.
func tune(o *redis.UniversalOptions, timeout time.Duration) {
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.DialerRetries = 1
	o.MaxRetries, o.MinRetryBackoff, o.MaxRetryBackoff = 2, 10*time.Millisecond, 50*time.Millisecond
	o.PoolSize = 32                                    // an operation takes 0.1 ms, so this exceeds what one Redis can serve
	o.ConnMaxIdleTime = 5 * time.Minute                // closes the connections of a burst
	o.PipelinePoolSize = -1                            // no second pool, because we seldom pipeline
	o.ReadBufferSize, o.WriteBufferSize = 4<<10, 4<<10 // bytes; commands and replies are short
	o.Protocol = 2                                     // RESP3 is needed only for pushed messages
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}
