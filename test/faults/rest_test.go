package faults_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// usage is what a replica holds (I10).
type usage struct {
	goroutines, files, connections int
	heapMiB                        int
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d connections to the database, %d MiB of heap", u.goroutines, u.files, u.connections, u.heapMiB)
}

// atRest returns what each replica holds after some work, while it gets no requests.
func (s *site) atRest(t *testing.T, l *load) map[string]usage {
	t.Helper()
	testkit.Within(t, 2*patience, "the load is served", func() error { return s.calm(2 * time.Second) })
	l.pause()
	defer l.resume()
	return s.measure(t)
}

func (s *site) measure(t *testing.T) map[string]usage {
	t.Helper()
	s.hangUp()
	time.Sleep(1500 * time.Millisecond)
	found := map[string]usage{}
	for _, r := range s.replicas {
		testkit.Within(t, patience, "the usage of "+r.name+" is read", func() error { // a machine may stand still for longer than a probe waits
			u, err := r.usage()
			found[r.name] = u
			return err
		})
	}
	return found
}

// asBefore fails unless each replica comes to hold about as much as at first. It may
// hold a tenth more, plus the connections to the database and to Redis that a busier
// moment has left.
func (s *site) asBefore(t *testing.T, l *load, base map[string]usage) {
	t.Helper()
	const pooled, hashesMiB = 32 + 32 + 16, 64 // the next garbage collection frees the memory of the last hashes
	testkit.Within(t, 2*patience, "the load is served", func() error { return s.calm(2 * time.Second) })
	l.pause()
	defer l.resume()
	var now map[string]usage
	testkit.Within(t, 2*time.Minute, "I10: the replicas hold as much as at first", func() error {
		now = s.measure(t)
		for name, u := range now {
			was := base[name]
			if u.goroutines > was.goroutines*11/10+pooled || u.files > was.files*11/10+pooled || u.heapMiB > was.heapMiB*11/10+hashesMiB {
				return fmt.Errorf("%s holds %v, want about %v", name, u, was)
			}
		}
		return nil
	})
	for name, u := range now {
		t.Logf("%s: at first %v; at the end %v", name, base[name], u)
	}
}

// usage reads the replica's own metrics.
func (r *replica) usage() (u usage, err error) {
	resp, err := probe.Get("http://" + r.figures + "/metrics")
	if err != nil {
		return u, err
	}
	defer resp.Body.Close()
	u.goroutines = -1
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value, _ := strconv.ParseFloat(text, 64)
		switch {
		case name == "go_goroutines":
			u.goroutines = int(value)
		case name == "process_open_fds":
			u.files = int(value)
		case name == "go_memstats_heap_inuse_bytes": // resident memory is mostly the race detector's
			u.heapMiB = int(value) >> 20
		case strings.HasPrefix(name, "gatehouse_database_connections") && !strings.Contains(name, "wait"):
			u.connections = max(u.connections, int(value))
		}
	}
	if err := lines.Err(); err != nil {
		return u, fmt.Errorf("reading the metrics of %s: %w", r.name, err)
	}
	if u.goroutines < 0 {
		return u, fmt.Errorf("the metrics of %s have no figures: %s", r.name, resp.Status)
	}
	return u, nil
}

// peakMiB returns the most memory that the process has held since it started.
func (r *replica) peakMiB() int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", r.pid()))
	if err != nil {
		return 0
	}
	defer f.Close()
	text, _ := io.ReadAll(f)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib >> 10
		}
	}
	return 0
}
