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

// lately holds the counts of a stretch of time.
type lately struct {
	stretch
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

// readings returns the readings of the steps from those counts that are of the plot. A step
// in which a server ran is known: it has a sample of the sessions, or a count.
func (d *lately) readings(counts []store.HourlyCount, of func(store.HourlyCount) bool) []reading {
	all := make([]reading, d.n)
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
	all[d.n-1].open = true
	return all
}

// sampled returns the readings of samples, of several the largest. A step without one is not
// known.
func (d *lately) sampled(samples []store.HourlyCount) []reading {
	all := make([]reading, d.n)
	for _, c := range samples {
		if i := d.index(c.Hour); i >= 0 {
			all[i] = reading{n: max(all[i].n, int(c.N)), known: true}
		}
	}
	return all
}

// index returns which step an hour is in; -1 if it is in none of them.
func (d *lately) index(hour time.Time) int {
	if i := int(hour.Sub(d.since) / d.step); !hour.Before(d.since) && i < d.n {
		return i
	}
	return -1
}

func withDetail(detail string) func(store.HourlyCount) bool {
	return func(c store.HourlyCount) bool { return c.Detail == detail }
}

// signIns returns the plot of the sign-ins. With audit, each step leads to its events.
func (e Overview) signIns(r *http.Request, d lately, audit bool) web.SignIns {
	ok, refused := d.readings(d.signIns, withDetail("ok")), d.readings(d.signIns, withDetail("refused"))
	s := web.SignIns{Top: ceiling(peak(ok)), Low: ceiling(peak(refused))}
	s.Half = s.Top / 2
	s.Plot = curves(ok, s.Top)
	s.Plot.Bars = bars(refused, s.Low)
	for i := range d.n {
		begin := d.since.Add(time.Duration(i) * d.step)
		row := web.HourRow{Text: d.moment(r, begin), Known: ok[i].known, OK: ok[i].n, Refused: refused[i].n}
		row.Title = hourSentence(r, row, d.moment(r, begin.Add(d.step)))
		if audit {
			row.Address = auditOf(begin, begin.Add(d.step))
		}
		if d.marked(i) {
			s.Marks = append(s.Marks, d.mark(r, begin))
		}
		s.OK, s.Refused, s.Hours = s.OK+row.OK, s.Refused+row.Refused, append(s.Hours, row)
	}
	s.Label = pages.Say(r, "Sign-ins %s: %d succeeded, at most %d %s, and %d were refused, at most %d %s.", pages.Say(r, d.within), s.OK, peak(ok), pages.Say(r, d.each), s.Refused, peak(refused), pages.Say(r, d.each))
	return s
}

// hourSentence says what the box over a step does, which goes on until a time.
func hourSentence(r *http.Request, row web.HourRow, until string) string {
	if !row.Known {
		return pages.Say(r, "%s to %s: no data", row.Text, until)
	}
	return pages.Say(r, "%s to %s: %d succeeded, %d refused", row.Text, until, row.OK, row.Refused)
}

// auditOf returns the path of the sign-ins on record between two times.
func auditOf(from, to time.Time) string {
	return auditPath + "?" + url.Values{"kind": {"signin.*"}, "from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}}.Encode()
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
	l.Label = pages.Say(r, "Live sessions %s: at most %d.", pages.Say(r, d.within), peak(all))
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

func (d *lately) tokensOf(r *http.Request, name string, all []reading) web.AppTokens {
	t := web.AppTokens{Name: name, Peak: peak(all)}
	for _, step := range all {
		t.Total += step.n
	}
	t.Plot = curves(all, max(t.Peak, 1))
	t.Label = pages.Say(r, "%s: %d tokens %s, at most %d %s.", name, t.Total, pages.Say(r, d.within), t.Peak, pages.Say(r, d.each))
	return t
}
