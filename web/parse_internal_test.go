package web

import "testing"

// TestEveryPageParses: template.Must panics with what is wrong.
func TestEveryPageParses(t *testing.T) {
	if len(all) < 50 {
		t.Errorf("%d pages, want every one of them", len(all))
	}
	for _, parse := range all {
		parse()
	}
}
