package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/fields"
)

const day = 24 * time.Hour

// units are those in which a person writes how long something lasts.
var units = []struct {
	letter string
	is     time.Duration
}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// span writes how long something lasts in the largest unit that divides it: 14d, 5m; empty
// for the default.
func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	for _, u := range units {
		if d%u.is == 0 {
			return fmt.Sprint(int64(d/u.is), u.letter)
		}
	}
	return d.String()
}

const notASpan = "Write it as 10m, 12h or 14d; empty for the server's own."

// numberOf reads a number, or how long something lasts, in seconds. Empty is 0.
func numberOf(text string, lasting bool) fields.Number {
	text = strings.TrimSpace(text)
	if text == "" {
		return fields.Whole(0)
	}
	unit, problem := int64(1), fields.NotANumber
	if lasting {
		problem = notASpan
		for _, u := range units {
			if rest, found := strings.CutSuffix(text, u.letter); found {
				text, unit = rest, int64(u.is/time.Second)
				break
			}
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n > 1<<40 || n < -(1<<40) {
		return fields.Number{Sent: true, Problem: problem}
	}
	return fields.Whole(n * unit)
}
