package system_test

import (
	"regexp"
	"testing"
	"time"
)

var linkForm = regexp.MustCompile(`/setup\?token=([A-Za-z0-9_-]+)`)

// link returns the one-time link that the server printed for the first administrator.
func (p *process) link(t *testing.T) string {
	t.Helper()
	for limit := time.After(patience); ; {
		more := p.log.grown()
		if found := linkForm.FindStringSubmatch(p.log.String()); found != nil {
			return p.site.vault.Keep(found[1])
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("server %s has not printed a link, want one:\n%s", p.name, p.log)
		}
	}
}
