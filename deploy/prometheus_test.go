package deploy

import (
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"gatehouse/internal/test/testkit"
)

func TestPrometheusAcceptsTheRulesAndTheyFire(t *testing.T) {
	promtool := testkit.Installed(t, "promtool")
	for _, c := range [][]string{
		{"check", "rules", "prometheus/alerts.yml"},
		{"check", "config", "prometheus/prometheus.yml"},
	} {
		run(t, promtool, c...)
	}
	tests, err := filepath.Glob("prometheus/*_test.yml")
	if err != nil || len(tests) == 0 {
		t.Fatalf("%d tests of the rules, %v; want at least one", len(tests), err)
	}
	run(t, promtool, append([]string{"test", "rules"}, tests...)...)
}

// An alert is for somebody who was woken up: it says what is wrong and where the
// steps are, and the steps exist.
func TestEveryAlertLeadsToItsSteps(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "prometheus/alerts.yml")), &rules); err != nil {
		t.Fatalf("unmarshalling the YAML: %v", err)
	}
	steps := read(t, "../docs/operations.md")
	tested := read(t, "prometheus/alerts_test.yml") + read(t, "prometheus/alerts_days_test.yml")
	alerts := map[string]bool{}
	for _, group := range rules.Groups {
		for _, r := range group.Rules {
			alerts[r.Alert] = true
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say what is wrong, want a summary and a description", r.Alert)
			}
			if s := r.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s has the severity %q, want critical or warning", r.Alert, s)
			}
			if want := "docs/operations.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want || !strings.Contains(steps, "\n### "+r.Alert+"\n") {
				t.Errorf("%s leads to %q, want %q and a heading there", r.Alert, r.Annotations["runbook_url"], want)
			}
			if !strings.Contains(tested, r.Alert) {
				t.Errorf("the tests never make %s fire, want one that does", r.Alert)
			}
		}
	}
	if len(alerts) < 10 {
		t.Errorf("only %d alerts, want at least 10", len(alerts))
	}
	for line := range strings.Lines(steps) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "### Gatehouse"); ok && !alerts["Gatehouse"+name] {
			t.Errorf("docs/operations.md has steps for Gatehouse%s, want an alert of that name", name)
		}
	}
}
