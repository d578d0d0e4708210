package redisstore

import (
	"net"
	"strings"
	"testing"
)

// FuzzURL checks that a URL is parsed or refused, and that no refusal shows part of the
// password, escaped or not, wherever it ended up.
func FuzzURL(f *testing.F) {
	for _, s := range [][3]string{
		{"redis", "s3cret", "h:6379/0"}, {"redis", "s3/cret", "h"}, {"redis", "6379?s3cret", "h"}, {"redis", "1?tls=s3cret", "h"}, {"redis+sentinel", "s3,cret", "a:1,b/main?db=2"}, {"redis+cluster", "s3%40cret", "a,b:7001"},
		{"rediss", "1/2?db=s3cret", "h"}, {"redis", "s3cret#x", "h"}, {"redis+sentinel", "pw", "a/m?sentinel_password=s3cret&x=1"}, {"redis", "1/s3cret", "h"}, {"redis", "1?s3cret=1&", "h"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, scheme, password, tail string) {
		o, err := parse(scheme + "://user:" + password + "@" + tail)
		if err != nil {
			shows(t, err, password)
			return
		}
		if len(o.Addrs) == 0 || o.DB < 0 {
			t.Errorf("the options are %+v, want an address and a database", o)
		}
		for _, a := range o.Addrs {
			if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
				t.Errorf("address %q, %v; want a host and a port", a, err)
			}
		}
	})
}

// shows fails if the error contains five consecutive characters of the secret, unless
// they are in every refusal.
func shows(t *testing.T, err error, secret string) {
	t.Helper()
	const fixed = "redisstore: the URL has an unknown parameter; the known ones are db, tls and, for Sentinel, sentinel_username and sentinel_password redisstore: the parameter tls is neither true nor false " +
		"redisstore: several hosts need redis+sentinel:// or redis+cluster:// redisstore: redis+sentinel:// needs the name of the master after the hosts redisstore: a Redis Cluster has only database 0"
	for i := 0; i+5 <= len(secret); i++ {
		if part := secret[i : i+5]; strings.Contains(err.Error(), part) && !strings.Contains(fixed+errURL.Error(), part) {
			t.Errorf("the refusal %q shows %q of the password, want none of it", err, part)
		}
	}
}
