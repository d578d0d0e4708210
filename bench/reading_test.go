package main

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

func TestCPUTimeIsReadPastAnyName(t *testing.T) {
	spent, err := parseStat([]byte("42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 7 7 20 0 5 0 100 1 1"))
	if err != nil || spent != 2*time.Second {
		t.Errorf("%s, %v, want 2s", spent, err)
	}
	if _, err := parseStat([]byte("42 (a) S 1")); err == nil {
		t.Error("a line that is cut short was read, want an error")
	}
}

func TestMemoryIsReadInBytes(t *testing.T) {
	text := "Name:\tgatehouse\nVmHWM:\t   34567 kB\nVmRSS:\t   12345 kB\n"
	if now, peak := kilobytes(text, "VmRSS"), kilobytes(text, "VmHWM"); now != 12345<<10 || peak != 34567<<10 {
		t.Errorf("memory now %d and at its peak %d, want %d and %d", now, peak, 12345<<10, 34567<<10)
	}
	if n := kilobytes(text, "VmSwap"); n != 0 {
		t.Errorf("read %d from a missing line, want 0", n)
	}
}

func TestQuantiles(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		took  []time.Duration
		share float64
		want  time.Duration
	}{{hundred, 0.5, 51}, {hundred, 0.99, 100}, {hundred[:1], 0.99, 1}, {nil, 0.5, 0}} {
		if got := quantile(c.took, c.share); got != c.want {
			t.Errorf("%v of %d: %d, want %d", c.share, len(c.took), got, c.want)
		}
	}
}

func TestLinksLeadOn(t *testing.T) {
	next, err := nextLink(`<http://localhost:8080/users/?cursor=a%2Bb&limit=1000>; rel="next"`)
	if err != nil || next != "/users/?cursor=a%2Bb&limit=1000" {
		t.Errorf("the next page is at %q, %v; want /users/?cursor=a%%2Bb&limit=1000", next, err)
	}
	if next, err = withLimit(next, 100); err != nil || next != "/users/?cursor=a%2Bb&limit=100" {
		t.Errorf("with another limit the next page is at %q, %v; want /users/?cursor=a%%2Bb&limit=100", next, err)
	}
	if _, err := nextLink(`</users/>; rel="prev"`); err == nil {
		t.Error("a link to the page before was taken for the next, want an error")
	}
}

func TestRedisAnswers(t *testing.T) {
	c := redisConn{in: bufio.NewReader(strings.NewReader("+PONG\r\n$7\r\na:1\r\nb:\r\n-ERR no\r\n:1\r\n"))}
	for _, want := range []string{"PONG", "a:1\r\nb:"} {
		if got, err := c.read(); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	for range 2 {
		if got, err := c.read(); err == nil {
			t.Errorf("%q, want an error", got)
		}
	}
	if n := field("# Stats\r\ntotal_reads_processed:12\r\n", "total_reads_processed"); n != 12 {
		t.Errorf("field = %d, want 12", n)
	}
}

func TestFiguresAreGrouped(t *testing.T) {
	for digits, want := range map[string]string{"1": "1", "999": "999", "1000": "1,000", "1000000": "1,000,000"} {
		if got := grouped(digits); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
