package main

import (
	"bufio"
	"crypto/sha256"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTheCPUTimeOfAProcessIsTheKernels(t *testing.T) {
	self := &process{name: "the test", pid: os.Getpid()}
	read := func() time.Duration {
		spent, err := self.cpuTime()
		if err != nil {
			t.Fatalf("reading the test's own CPU time: %v", err)
		}
		return spent
	}
	before, least := read(), ownCPU()
	for sum := byte(0); ownCPU()-least < 20*time.Millisecond; sum++ {
		_ = sha256.Sum256([]byte{sum})
	}
	if spent := read() - before; spent < 20*time.Millisecond {
		t.Errorf("%s of CPU, want at least the 20 ms that getrusage counted", spent)
	}
	if _, err := (&process{name: "nobody", pid: 1 << 22}).cpuTime(); err == nil {
		t.Error("read the CPU time of a process that there is not, want an error")
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

func TestFeaturesAreThoseOfTheProcessor(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"flags\t\t: fpu avx2 sha_ni avx512f avx512ifma\n": "AVX-512 yes, IFMA yes, AVX2 yes, SHA yes",
		"flags : avx512f_not avx2\nflags : sha_ni\n":      "AVX-512 no, IFMA no, AVX2 yes, SHA no",
		"Features\t: asimd aes sha1 sha2\n":               "AVX-512 no, IFMA no, AVX2 no, SHA yes",
	} {
		if got := features(cpuinfo); got != want {
			t.Errorf("%q: %q, want %q", cpuinfo, got, want)
		}
	}
}
