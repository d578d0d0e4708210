package finding

import (
	"testing"
	"time"
)

func TestClockBounds(t *testing.T) {
	asked := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	answered := asked.Add(200 * time.Millisecond)
	for _, c := range []struct {
		ahead time.Duration // of the middle between asked and answered
		want  Level
	}{
		{0, OK}, {time.Second, OK}, {-time.Second, OK}, {1001 * time.Millisecond, Warning}, {-30 * time.Second, Warning}, {31 * time.Second, Fault}, {-time.Hour, Fault},
	} {
		var found List
		found.Clock("clock", asked.Add(100*time.Millisecond+c.ahead), asked, answered)
		if found[0].Level != c.want {
			t.Errorf("%s ahead: %+v, want %s", c.ahead, found[0], c.want)
		}
	}
}
