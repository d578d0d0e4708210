package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/store"
	"gatehouse/web"
)

// lately holds the counts of the hours since some time.
type lately struct {
	since                     time.Time
	signIns, sessions, people []store.HourlyCount
}

func (d *lately) read(ctx context.Context, figures Figures) (err error) {
	if d.signIns, err = figures.Hourly(ctx, store.SignIns, d.since); err != nil {
		return err
	}
	if d.sessions, err = figures.Hourly(ctx, store.LivingSessions, d.since); err != nil {
		return err
	}
	d.people, err = figures.Hourly(ctx, store.ActivePeople, d.since)
	return err
}

// readings returns the readings of the hours from those counts that are of the plot. An hour
// in which a server ran is known: it has the sample of the sessions, or a count.
func (d *lately) readings(counts []store.HourlyCount, of func(store.HourlyCount) bool) []reading {
	all := make([]reading, hours)
	for _, c := range slices.Concat(d.sessions, d.signIns, counts) {
		if i := d.index(c.Hour); i >= 0 {
			all[i].known = true
		}
	}
	for _, c := range counts {
		if i := d.index(c.Hour); i >= 0 && of(c) {
			all[i].n += int(c.N)
		}
	}
	all[hours-1].open = true
	return all
}

// sampled returns the readings of samples. An hour without one is not known.
func (d *lately) sampled(samples []store.HourlyCount) []reading {
	all := make([]reading, hours)
	for _, c := range samples {
		if i := d.index(c.Hour); i >= 0 {
			all[i] = reading{n: int(c.N), known: true}
		}
	}
	return all
}

// index returns which hour that is; -1 if it is not among them.
func (d *lately) index(hour time.Time) int {
	if i := int(hour.Sub(d.since) / time.Hour); !hour.Before(d.since) && i < hours {
		return i
	}
	return -1
}

func withDetail(detail string) func(store.HourlyCount) bool {
	return func(c store.HourlyCount) bool { return c.Detail == detail }
}

// signIns returns the plot of the sign-ins. With audit, each hour leads to its events.
func (e Overview) signIns(r *http.Request, d lately, audit bool) web.SignIns {
	ok, refused := d.readings(d.signIns, withDetail("ok")), d.readings(d.signIns, withDetail("refused"))
	s := web.SignIns{Top: ceiling(peak(ok)), Low: ceiling(peak(refused))}
	s.Half = s.Top / 2
	s.Plot = curves(ok, s.Top)
	s.Plot.Bars = bars(refused, s.Low)
	for i := range hours {
		begin := d.since.Add(time.Duration(i) * time.Hour)
		row := web.HourRow{Text: clock(begin), Known: ok[i].known, OK: ok[i].n, Refused: refused[i].n}
		row.Title = hourSentence(r, row, begin)
		if audit {
			row.Address = auditOf(begin)
		}
		if i%6 == 0 {
			s.Marks = append(s.Marks, row.Text)
		}
		s.OK, s.Refused, s.Hours = s.OK+row.OK, s.Refused+row.Refused, append(s.Hours, row)
	}
	s.Label = pages.Say(r, "Sign-ins of the last 24 hours: %d succeeded, at most %d in an hour, and %d were refused, at most %d in an hour.", s.OK, peak(ok), s.Refused, peak(refused))
	return s
}

// hourSentence says what the box over an hour does.
func hourSentence(r *http.Request, row web.HourRow, begin time.Time) string {
	if !row.Known {
		return pages.Say(r, "%s to %s: no data", clock(begin), clock(begin.Add(time.Hour)))
	}
	return pages.Say(r, "%s to %s: %d succeeded, %d refused", clock(begin), clock(begin.Add(time.Hour)), row.OK, row.Refused)
}

// clock writes an hour; the times of the pages are in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04") }

// auditOf returns the path of the sign-ins on record of an hour.
func auditOf(begin time.Time) string {
	return auditPath + "?" + url.Values{
		"kind": {"signin.*"}, "from": {begin.UTC().Format(time.RFC3339)}, "to": {begin.Add(time.Hour).UTC().Format(time.RFC3339)},
	}.Encode()
}

// living returns how many sessions live: as counted now, if they are few, or else as in the
// last sample.
func (e Overview) living(r *http.Request, d lately, now int) web.Living {
	all := d.sampled(d.sessions)
	l := web.Living{Count: now, Plot: curves(all, ceiling(peak(all)))}
	if last := len(d.sessions) - 1; now >= fewSessions && last >= 0 {
		l.Count, l.Sampled = int(d.sessions[last].N), e.when(r, d.sessions[last].Hour)
	}
	if last := len(d.people) - 1; last >= 0 {
		l.People = int(d.people[last].N)
	}
	l.Label = pages.Say(r, "Live sessions of the last 24 hours: at most %d.", peak(all))
	return l
}

// clientsIn returns the apps of counts, the busiest first; others, which are counted together, last.
func clientsIn(counts []store.HourlyCount) (ids []string) {
	total := map[string]int64{}
	for _, c := range counts {
		if _, known := total[c.ClientID]; !known {
			ids = append(ids, c.ClientID)
		}
		total[c.ClientID] += c.N
	}
	slices.SortFunc(ids, func(a, b string) int {
		switch {
		case a == "":
			return 1
		case b == "":
			return -1
		case total[a] != total[b]:
			return int(total[b] - total[a])
		}
		return strings.Compare(a, b)
	})
	return ids
}

func tokensOf(r *http.Request, name string, all []reading) web.AppTokens {
	t := web.AppTokens{Name: name, Peak: peak(all)}
	for _, hour := range all {
		t.Total += hour.n
	}
	t.Plot = curves(all, max(t.Peak, 1))
	t.Label = pages.Say(r, "%s: %d tokens in the last 24 hours, at most %d in an hour.", name, t.Total, t.Peak)
	return t
}
