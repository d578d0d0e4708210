package console

import (
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/web"
)

// A stretch is the time that the plots of the overview show: n steps, the last of which is
// going on. Its words are sentences of the catalogues: title is that of its link, within says
// when something happened, each and per go with a number of a step, and unit names a step.
type stretch struct {
	name                           string
	n                              int
	step                           time.Duration
	title, within, each, per, unit string
}

// stretches are those that the page offers, the usual one first. A plot has about as many
// points in each, so that the page is never heavy.
var stretches = []stretch{
	{"", 24, time.Hour, "24 hours", "in the last 24 hours", "in an hour", "per hour", "Hour"},
	{"7d", 28, 6 * time.Hour, "7 days", "in the last 7 days", "in 6 hours", "per 6 hours", "6 hours from"},
	{"30d", 30, day, "30 days", "in the last 30 days", "in a day", "per day", "Day"},
}

// stretchParam is the parameter that names a stretch.
const stretchParam = "span"

// stretchOf returns the stretch that the address asks for.
func stretchOf(r *http.Request) stretch {
	for _, s := range stretches {
		if s.name == r.URL.Query().Get(stretchParam) {
			return s
		}
	}
	return stretches[0]
}

// since returns when the stretch begins that ends now.
func (s stretch) since(now time.Time) time.Time {
	return now.UTC().Truncate(s.step).Add(time.Duration(1-s.n) * s.step)
}

// marked says whether the scale below a plot has a word at a step.
func (s stretch) marked(i int) bool { return i%(s.n/4) == 0 }

// moment writes when a step begins: the times of the pages are in UTC.
func (s stretch) moment(r *http.Request, t time.Time) string {
	switch s.step {
	case time.Hour:
		return clock(t)
	case day:
		return shortDate(r, t)
	}
	return shortDate(r, t) + ", " + clock(t)
}

// mark is moment as short as fits below the plot.
func (s stretch) mark(r *http.Request, t time.Time) string {
	if s.step == time.Hour {
		return clock(t)
	}
	return shortDate(r, t)
}

// offered returns the links to the stretches.
func (s stretch) offered() (found []web.Filter) {
	for _, o := range stretches {
		address := consolePath
		if o.name != "" {
			address += "?" + url.Values{stretchParam: {o.name}}.Encode()
		}
		found = append(found, web.Filter{Text: o.title, Address: address, Chosen: o.name == s.name})
	}
	return found
}

// clock writes a time of day.
func clock(t time.Time) string { return t.UTC().Format("15:04") }

// shortDate writes a date of this year.
func shortDate(r *http.Request, t time.Time) string {
	if pages.Language(r) == web.German {
		return t.UTC().Format("2.1.")
	}
	return t.UTC().Format("2 Jan")
}
