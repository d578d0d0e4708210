package redisstore

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"
)

func TestParse(t *testing.T) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	tests := []struct {
		url  string
		want redis.UniversalOptions
	}{
		{"redis://localhost", redis.UniversalOptions{Addrs: []string{"localhost:6379"}}},
		{"redis://:pw@[::1]:7000/3", redis.UniversalOptions{Addrs: []string{"[::1]:7000"}, Password: "pw", DB: 3}},
		{"redis://[::1]", redis.UniversalOptions{Addrs: []string{"[::1]:6379"}}},
		{"redis://ann:p%40%2F%3A@h:1?db=4", redis.UniversalOptions{Addrs: []string{"h:1"}, Username: "ann", Password: "p@/:", DB: 4}},
		{"rediss://h", redis.UniversalOptions{Addrs: []string{"h:6379"}, TLSConfig: secure}},
		{"redis+sentinel://ann:pw@a:1,b,c:3/main?db=2&tls=true&sentinel_username=s&sentinel_password=t", redis.UniversalOptions{
			Addrs: []string{"a:1", "b:26379", "c:3"}, MasterName: "main", Username: "ann", Password: "pw", DB: 2,
			TLSConfig: secure, SentinelUsername: "s", SentinelPassword: "t",
		}},
		{"redis+cluster://a,b:7001", redis.UniversalOptions{Addrs: []string{"a:6379", "b:7001"}, IsClusterMode: true}},
		{"redis+cluster://a?tls=true", redis.UniversalOptions{Addrs: []string{"a:6379"}, IsClusterMode: true, TLSConfig: secure}},
	}
	for _, tt := range tests {
		got, err := parse(tt.url)
		if err != nil {
			t.Errorf("%s: parsing the URL: %v", tt.url, err)
			continue
		}
		if diff := cmp.Diff(tt.want, *got, cmpopts.IgnoreUnexported(redis.UniversalOptions{}, tls.Config{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.url, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, url := range []string{
		"", "localhost:6379", "http://h", "redis:h", "redis://", "redis://h:port", "redis://h:99999999",
		"redis://h/x", "redis://h/-1", "redis://a,b", "redis://h?timeout=3", "redis://h?tls=perhaps", "redis://h#x",
		"redis+sentinel://h", "redis+sentinel://h/", "redis+cluster://a,,b", "redis+cluster://a/1", "redis://h?sentinel_username=x",
		"redis://u:s3cret/x@h", "redis://u:s3cret%zz@h", "redis://u:s3cret@h:s3cret",
	} {
		switch _, err := parse(url); {
		case err == nil:
			t.Errorf("%q was accepted, want an error", url)
		case strings.Contains(err.Error(), "s3cret"):
			t.Errorf("%q: the refusal %q shows a part of the password, want none of it", url, err)
		}
	}
}
