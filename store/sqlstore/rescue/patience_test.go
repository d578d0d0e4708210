package rescue

import (
	"testing"

	"gatehouse/internal/finding"
)

// TestAServerThatWouldBlockItsCallers: skip_name_resolve cannot be changed while a server runs.
func TestAServerThatWouldBlockItsCallers(t *testing.T) {
	for _, c := range []struct {
		resolve, errors string
		want            finding.Level
	}{
		{"OFF", "100", finding.Warning}, // by default
		{"OFF", "1000000", finding.OK},
		{"ON", "100", finding.OK},
	} {
		var found finding.List
		mysqlPatience(map[string]string{"skip_name_resolve": c.resolve, "max_connect_errors": c.errors}, &found)
		if len(found) != 1 || found[0].Level != c.want {
			t.Errorf("skip_name_resolve %s, max_connect_errors %s: %v", c.resolve, c.errors, found)
		}
	}
}
