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

// A table is what a run has to report.
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

// write puts the table between the marks of the file; it is no error to name none.
func (t *table) write(path string) error {
	if path == "" || len(t.rows) == 0 {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), tableBegins)
	_, after, closed := strings.Cut(rest, tableEnds)
	if !found || !closed {
		return fmt.Errorf("%s has no %s and %s", path, tableBegins, tableEnds)
	}
	return os.WriteFile(path, []byte(before+tableBegins+"\n"+t.markdown()+tableEnds+after), 0o644)
}

func (t *table) markdown() string {
	var b strings.Builder
	on := ""
	for _, r := range t.rows {
		if titles[r.on] != on {
			on = titles[r.on]
			fmt.Fprintf(&b, "\n**%s**\n\n| | scenario | sent | answered | failed | lost | revived | recovered after |\n|---|---|--:|--:|--:|--:|--:|--:|\n", on)
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %.1f s |\n", r.id, r.scenario, r.sent, r.answered, r.failed, r.lost, r.revived, r.recovery.Seconds())
	}
	b.WriteString("\n")
	return b.String()
}

// titles say what the tests run on.
var titles = map[string]string{}
