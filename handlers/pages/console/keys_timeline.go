package console

import (
	"net/http"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/keys"
	"gatehouse/web"
)

// A keySpan is a key with the times at which it begins to sign, to verify alone, and to be
// gone. For a key that nothing follows yet, they are those that the schedule plans.
type keySpan struct {
	keys.Status
	signed, verify time.Time
	planned        bool
}

// spans returns the keys with their times. Keys that are long gone are left out.
func (e Keys) spans(all []keys.Status) (spans []keySpan) {
	ofAlgorithm := map[string]int{}
	for _, s := range all {
		ofAlgorithm[s.Algorithm]++
	}
	for _, s := range all {
		span := keySpan{Status: s}
		switch {
		case !s.GoneAt.IsZero() && s.State != keys.Retired:
			span.verify, span.signed = s.GoneAt, s.GoneAt.Add(-e.Schedule.VerifyFor)
		case s.State == keys.Retired:
			span.verify, span.signed = s.GoneAt, s.GoneAt
		case e.Schedule.RotateEvery > 0:
			span.signed, span.planned = s.SignFrom.Add(e.Schedule.RotateEvery), true
			span.verify = span.signed.Add(e.Schedule.VerifyFor)
		default:
			span.planned = true
		}
		const shown = 12
		if ofAlgorithm[s.Algorithm]--; ofAlgorithm[s.Algorithm] < shown {
			spans = append(spans, span)
		}
	}
	return spans
}

// The geometry of the timeline, in units of its drawing: one row for each key, with its name
// at the left.
const (
	wide, nameWide, rowHigh, head = 1000, 170, 44, 34
)

// timeline draws the keys.
func (e Keys) timeline(r *http.Request, spans []keySpan) web.Timeline {
	now := e.Now()
	from, to := now.Add(-time.Hour), now.Add(time.Hour)
	for _, s := range spans {
		from = earliest(from, s.CreatedAt)
		to = latest(to, s.verify)
	}
	x := func(at time.Time) int {
		return nameWide + int(float64(wide-nameWide-10)*float64(at.Sub(from))/float64(to.Sub(from)))
	}
	drawing := web.Timeline{Width: wide, Height: head + rowHigh*len(spans) + 24, Now: x(now), NowText: exact(r, now), Left: nameWide}
	for i, s := range spans {
		drawing.Rows = append(drawing.Rows, e.bars(r, s, head+rowHigh*i, x, to))
	}
	const ticks = 4
	for i := range ticks + 1 {
		at := from.Add(to.Sub(from) * time.Duration(i) / ticks)
		drawing.Ticks = append(drawing.Ticks, web.Tick{X: x(at), Text: at.UTC().Format("2 Jan")})
	}
	return drawing
}

// bars returns the row of a key: hatched while it is published, full while it signs, pale
// while it verifies, and dotted when it is gone.
func (e Keys) bars(r *http.Request, s keySpan, y int, x func(time.Time) int, end time.Time) web.TimelineRow {
	row := web.TimelineRow{Y: y, Name: shortKey(s.ID), State: stateOf(r, s.State), End: wide - 10}
	signed, verify := s.signed, s.verify
	if verify.IsZero() { // it signs until an administrator rotates
		signed, verify = end, end
	}
	add := func(kind string, from, to time.Time) {
		const atLeast = 14
		if left, long := x(from), x(to)-x(from); to.After(from) {
			if kind == "published" && long < atLeast {
				left, long = left-(atLeast-long), atLeast
			}
			row.Bars = append(row.Bars, web.KeyBar{Kind: kind, X: left, Width: max(long-2, 2), Title: kindTitle(r, kind, from, to)})
		}
	}
	add("published", s.CreatedAt, earliest(s.SignFrom, verify))
	add("signing", s.SignFrom, signed)
	add("verifying", latest(signed, s.CreatedAt), verify)
	row.Gone = x(verify)
	return row
}

func kindTitle(r *http.Request, kind string, from, to time.Time) string {
	switch kind {
	case "published":
		return pages.Say(r, "published from %s to %s", exact(r, from), exact(r, to))
	case "signing":
		return pages.Say(r, "signs from %s to %s", exact(r, from), exact(r, to))
	}
	return pages.Say(r, "verifies from %s to %s", exact(r, from), exact(r, to))
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
