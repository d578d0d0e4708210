package pages

import (
	"net/http"
	"time"

	"gatehouse/web"
)

// When returns a time for a page: how long ago it was, for up to a day, or else its date.
// The times of a page are in UTC, which Full says. The zero time is never.
func When(r *http.Request, now, t time.Time) web.Moment {
	if t.IsZero() {
		return web.Moment{}
	}
	return web.Moment{Text: shortly(r, now.Sub(t), t.UTC()), Full: t.UTC().Format("2006-01-02 15:04:05 UTC"), ISO: t.UTC().Format(time.RFC3339)}
}

// Coming returns a time for a page that is still to come: in how long.
func Coming(r *http.Request, now, t time.Time) web.Moment {
	const day = 24 * time.Hour
	moment := When(r, now, t)
	switch left := t.Sub(now); {
	case left >= day:
		moment.Text = Count(r, "in one day", "in %d days", int(left/day))
	case left >= time.Hour:
		moment.Text = Count(r, "in one hour", "in %d hours", int(left/time.Hour))
	case left > 0:
		moment.Text = Say(r, "within the hour")
	}
	return moment
}

func shortly(r *http.Request, ago time.Duration, t time.Time) string {
	switch {
	case ago < time.Minute:
		return Say(r, "now")
	case ago < time.Hour:
		return Count(r, "1 min ago", "%d min ago", int(ago/time.Minute))
	case ago < 24*time.Hour:
		return Count(r, "1 hour ago", "%d hours ago", int(ago/time.Hour))
	}
	return Date(r, t)
}

// Date writes a date in the language of the page.
func Date(r *http.Request, t time.Time) string {
	if Language(r) == web.German {
		return t.UTC().Format("2.1.2006")
	}
	return t.UTC().Format("2 Jan 2006")
}

// Until returns a time to come for a page: its date and the time of day.
func Until(r *http.Request, t time.Time) web.Moment {
	moment := When(r, t, t)
	moment.Text = Date(r, t) + t.UTC().Format(", 15:04 UTC")
	return moment
}
