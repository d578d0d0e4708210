package main

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	dashboardFile = "../../deploy/grafana/gatehouse.json"
	alertsFile    = "../../deploy/prometheus/alerts.yml"
)

// conditional are watched metrics that the server of this test does not have.
var conditional = map[string][]string{
	"gatehouse_tls_certificate_expires_seconds": {},                    // only if Gatehouse terminates TLS itself
	"gatehouse_mails_total":                     {"purpose", "result"}, // only with a mail server
	"gatehouse_mails_waiting":                   {},                    // likewise
	"gatehouse_session_uses_total":              {"result"},            // only with Redis
	"up":                                        {},                    // Prometheus adds it
}

// fromPrometheus are the labels that Prometheus adds to every metric.
var fromPrometheus = []string{"job", "instance"}

type dashboard struct {
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
	Annotations struct{ List []struct{ Expr string } }
	Panels      []struct {
		ID                       int
		Type, Title, Description string
		Datasource               struct{ UID string }
		GridPos                  struct{ X, Y, W, H int }
		Targets                  []struct {
			Expr       string
			Datasource struct{ UID string }
		}
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	return d
}

func (d dashboard) expressions() []string {
	var all []string
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			all = append(all, v.Definition)
		}
	}
	for _, a := range d.Annotations.List {
		all = append(all, a.Expr)
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

func alertExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	var rules struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatalf("unmarshalling the YAML: %v", err)
	}
	var all []string
	for _, group := range rules.Groups {
		for _, r := range group.Rules {
			all = append(all, r.Expr)
		}
	}
	return all
}

func TestTheDashboardIsConsistent(t *testing.T) {
	d := readDashboard(t)
	var variables []string
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name)
	}
	if want := []string{"datasource", "job", "instance"}; !slices.Equal(variables, want) {
		t.Errorf("its variables are %v, want %v", variables, want)
	}
	seen, titles, places := map[int]bool{}, map[string]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if seen[p.ID] || titles[p.Title] || p.Title == "" || p.Description == "" {
			t.Errorf("panel %d, %q: want an ID and a title of its own, and a description", p.ID, p.Title)
		}
		seen[p.ID], titles[p.Title] = true, true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := places[[2]int{x, y}]; other != "" {
					t.Fatalf("panel %q lies on %q, want no overlap", p.Title, other)
				}
				places[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || p.Datasource.UID != "${datasource}" {
			t.Errorf("%q has no query, or not one to the chosen Prometheus, want one", p.Title)
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" || !strings.Contains(target.Expr, `job=~"$job",instance=~"$instance"`) {
				t.Errorf("%q: want a query for the chosen job and instances: %s", p.Title, target.Expr)
			}
		}
	}
}

// TestWhatIsWatchedIsThere matters because Prometheus does not report a metric or label
// that does not exist: the alert never fires, and the panel stays empty.
func TestWhatIsWatchedIsThere(t *testing.T) {
	there := metricsAfterADay(t)
	for name, labels := range conditional {
		if there[name] != nil {
			t.Errorf("%s is there, want no exception for it", name)
		}
		there[name] = append(labels, fromPrometheus...)
	}
	expressions := append(readDashboard(t).expressions(), alertExpressions(t)...)
	used := map[string]bool{}
	for _, e := range expressions {
		for name, labels := range watched(t, e) {
			used[name] = true
			if there[name] == nil {
				t.Errorf("there is no metric %s, want one, in: %s", name, e)
				continue
			}
			for _, l := range labels {
				if !slices.Contains(there[name], l) {
					t.Errorf("%s has the labels %v, want %s, in: %s", name, there[name], l, e)
				}
			}
		}
	}
	for name := range there {
		_, excepted := conditional[name]
		sum := strings.HasSuffix(name, "_sum") // part of a histogram, whose buckets are watched
		if (strings.HasPrefix(name, "gatehouse_") || excepted) && !used[name] && !sum {
			t.Errorf("nothing watches %s, want a panel or an alert", name)
		}
	}
}

var (
	quoted     = regexp.MustCompile(`"[^"]*"`)
	metric     = regexp.MustCompile(`\b(up|(?:gatehouse|go|process)_[a-z0-9_]+)\b(?:\{([^}]*)\})?`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	aggregated = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	made       = regexp.MustCompile(`label_replace\(.*?, "([a-z_]+)",`)
)

// watched returns the metrics of a PromQL expression and the labels that each must have:
// the labels that are matched, and those that the expression groups by, without the
// labels that the expression itself makes.
func watched(t *testing.T, expression string) map[string][]string {
	t.Helper()
	bare := quoted.ReplaceAllString(expression, `""`)
	var grouped []string
	for _, by := range aggregated.FindAllStringSubmatch(bare, -1) {
		grouped = append(grouped, strings.FieldsFunc(by[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	for _, m := range made.FindAllStringSubmatch(expression, -1) {
		grouped = slices.DeleteFunc(grouped, func(l string) bool { return l == m[1] })
	}
	found := map[string][]string{}
	for _, m := range metric.FindAllStringSubmatch(bare, -1) {
		own := grouped
		if !strings.HasSuffix(m[1], "_bucket") {
			own = slices.DeleteFunc(slices.Clone(grouped), func(l string) bool { return l == "le" })
		}
		found[m[1]] = append(found[m[1]], own...)
		for _, label := range matcher.FindAllStringSubmatch(m[2], -1) {
			found[m[1]] = append(found[m[1]], label[1])
		}
	}
	if len(found) == 0 {
		t.Errorf("want a metric in: %s", expression)
	}
	return found
}

func TestWhatAnExpressionWatches(t *testing.T) {
	got := watched(t, `sum by (class) (label_replace(rate(gatehouse_a_total{job="x", route!~"/y|go_z"}[5m]), "class", "${1}xx", "status", "(.)..")) / sum by (instance) (up)`)
	want := map[string][]string{"gatehouse_a_total": {"instance", "job", "route"}, "up": {"instance"}}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// metricsAfterADay makes a server do what the metrics with labels count, and returns
// all metrics with their labels.
func metricsAfterADay(t *testing.T) map[string][]string {
	t.Helper()
	c := gather(t, startApp(t, slog.New(slog.DiscardHandler), nil))
	for _, password := range []string{"wrong", crowdPassword} {
		form := url.Values{"username": {"user"}, "password": {password}}
		r := httptest.NewRequest("POST", "http://x/api/accounts/login/", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		c.serve(r)
	}
	text := c.call("GET", "/metrics", "").Body.String()
	for limit := time.Now().Add(30 * time.Second); !strings.Contains(text, "\ngatehouse_swept_rows_total"); text = c.call("GET", "/metrics", "").Body.String() {
		if time.Now().After(limit) {
			t.Fatal("the sweeper has not swept, want it to within the limit")
		}
		time.Sleep(10 * time.Millisecond)
	}
	all := map[string][]string{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		m := metric.FindStringSubmatch(quoted.ReplaceAllString(lines.Text(), `""`))
		if m == nil || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		all[m[1]] = slices.Clone(fromPrometheus)
		for _, label := range matcher.FindAllStringSubmatch(m[2], -1) {
			all[m[1]] = append(all[m[1]], label[1])
		}
	}
	return all
}
