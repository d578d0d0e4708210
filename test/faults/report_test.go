package faults_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// A tableRow is a line of the table in docs/reliability.md.
type tableRow struct {
	id, scenario, on       string
	sent, answered, failed int
	lost, revived          int
	recovery               time.Duration
}

func (r tableRow) String() string {
	return fmt.Sprintf("%s %s: %d requests, %d served, %d failed, %d lost, %d revived, recovered after %s",
		r.id, r.scenario, r.sent, r.answered, r.failed, r.lost, r.revived, r.recovery.Round(10*time.Millisecond))
}

// A table is the result of a run.
type table struct {
	mu   sync.Mutex
	rows []tableRow
}

var rows table

func (t *table) add(r tableRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
}

const (
	tableBegins = "<!-- table -->"
	tableEnds   = "<!-- /table -->"
)

// write puts the results between the marks of the file, in place of the old results of
// the same tests. An empty path writes nothing.
func (t *table) write(path string) error {
	if path == "" || len(t.rows) == 0 {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), tableBegins)
	old, after, closed := strings.Cut(rest, tableEnds)
	if !found || !closed {
		return fmt.Errorf("%s has no %s and %s", path, tableBegins, tableEnds)
	}
	return os.WriteFile(path, []byte(before+tableBegins+"\n"+t.markdown(old)+tableEnds+after), 0o644)
}

// markdown has a section for each title, in their order, from this run or from old.
func (t *table) markdown(old string) string {
	sections := map[string]string{}
	for _, section := range strings.Split(old, "\n**")[1:] {
		title, body, _ := strings.Cut(section, "**\n")
		sections[title] = strings.TrimSpace(body) + "\n"
	}
	for _, title := range titles {
		if measured := t.section(title.tests); measured != "" {
			sections[title.text] = measured
		}
	}
	var b strings.Builder
	for _, title := range titles {
		if body := sections[title.text]; body != "" {
			fmt.Fprintf(&b, "\n**%s**\n\n%s", title.text, body)
		}
	}
	return b.String() + "\n"
}

// section returns the rows of those tests, or nothing if none of them ran.
func (t *table) section(tests string) string {
	var b strings.Builder
	for _, r := range t.rows {
		if !strings.Contains(" "+tests+" ", " "+r.on+" ") {
			continue
		}
		if b.Len() == 0 {
			b.WriteString("| | scenario | sent | answered | failed | lost | revived | recovered after |\n|---|---|--:|--:|--:|--:|--:|--:|\n")
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %.1f s |\n", r.id, r.scenario, r.sent, r.answered, r.failed, r.lost, r.revived, r.recovery.Seconds())
	}
	return b.String()
}

// titles say what each test runs on.
var titles = []struct{ text, tests string }{
	{"Three replicas on MariaDB and one Redis: faults of Redis", "TestOneRedis"},
	{"Three replicas on MariaDB, and Redis with a replica behind Sentinel", "TestSentinel"},
	{"Three replicas on MariaDB and a Redis Cluster of three masters", "TestCluster"},
	{"Three replicas on MariaDB and one Redis: faults of MariaDB", "TestDatabase"},
	{"Three replicas on MariaDB: disk space, time and versions", "TestDiskFull TestManyExpiredRows TestClockSteps TestTwoVersions"},
	{"Three replicas on MariaDB and one Redis: faults of replicas and clocks, and abuse by strangers", "TestReplicas"},
	{"Three replicas on MariaDB: signing keys", "TestKeys"},
	{"Three replicas on MariaDB: the hosts of apps by URL", "TestDocumentHosts"},
	{"Two processes on one SQLite file", "TestSQLite"},
}
