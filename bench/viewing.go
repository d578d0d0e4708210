package main

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

const (
	// viewsEach is how often each page is opened, and first once to warm up.
	viewsEach = 12
	// farView is how many pages the far page of a list is away from the first.
	farView = 100
	// namePages is what -only calls the pages.
	namePages = "pages"
)

// links are the pages that are known by a link alone.
type links struct{ consent, people, audit, event, day string }

// A viewing is what one page took, in ascending order, and its bytes.
type viewing struct {
	view
	took     []time.Duration
	size     int
	failures []string
}

// measureViews opens all pages in turn, over one connection, so that whatever else the
// machine does slows them down alike.
func (r *rig) measureViews(ctx context.Context, t target, f *fixture) (all []viewing, err error) {
	r.say("measuring pages")
	l := newLoad(t.base, 1)
	defer l.close()
	far, err := f.findLinks(ctx, l)
	if err != nil {
		return nil, err
	}
	for _, v := range f.views(far) {
		all = append(all, viewing{view: v})
	}
	for round := range 1 + viewsEach {
		for i := range all {
			all[i].once(ctx, l, round > 0)
		}
	}
	for _, v := range all {
		if slices.Sort(v.took); len(v.failures) > 0 {
			r.say("%s: %d failures, the first: %s", v.name, len(v.failures), v.failures[0])
		}
	}
	return all, ctx.Err()
}

// once opens the page.
func (v *viewing) once(ctx context.Context, l load, counts bool) {
	began := time.Now()
	body, err := l.open(ctx, v.path, v.cookie, v.want)
	switch {
	case err != nil:
		v.failures = append(v.failures, err.Error())
	case counts:
		v.took = append(v.took, time.Since(began))
	}
	v.size = len(body)
}

// open returns the body of a page.
func (l load) open(ctx context.Context, path, cookie string, want int) (page string, err error) {
	return page, l.send(ctx, request{method: http.MethodGet, path: path, cookie: cookie, want: want, then: func(_ http.Header, body []byte) error {
		page = string(body)
		return nil
	}})
}

var (
	nextInPage = regexp.MustCompile(`href="([^"]+)" rel="next"`)
	eventLink  = regexp.MustCompile(`href="(/console/audit/\d+)"`)
)

func (f *fixture) findLinks(ctx context.Context, l load) (found links, err error) {
	cookie := f.crowd.browser(f.crowd.browsers)
	steps := min(farView, f.crowd.size/100)
	if found.consent, err = l.leads(ctx, f.authorize(publicApp)().path+"&prompt=consent", f.crowd.browser(0)); err != nil {
		return found, err
	}
	found.day = f.crowd.now.Add(-40 * 24 * time.Hour).Format(time.DateOnly)
	if found.people, err = l.follow(ctx, "/console/people", cookie, nextInPage, steps); err != nil {
		return found, err
	}
	found.audit, found.event = "/console/audit", "/console/audit/1"
	if f.crowd.rounds == 0 {
		return found, nil
	}
	if found.audit, err = l.follow(ctx, found.audit, cookie, nextInPage, steps); err != nil {
		return found, err
	}
	found.event, err = l.follow(ctx, found.audit, cookie, eventLink, 1)
	return found, err
}

// leads returns the path and query to which an address of ours redirects.
func (l load) leads(ctx context.Context, path, cookie string) (to string, err error) {
	return to, l.send(ctx, request{method: http.MethodGet, path: path, cookie: cookie, want: http.StatusSeeOther, then: func(h http.Header, _ []byte) error {
		at, err := url.Parse(h.Get("Location"))
		if err == nil {
			to = at.RequestURI()
		}
		return err
	}})
}

// follow follows a link from page to page, some steps far.
func (l load) follow(ctx context.Context, path, cookie string, link *regexp.Regexp, steps int) (string, error) {
	for range steps {
		body, err := l.open(ctx, path, cookie, http.StatusOK)
		if err != nil {
			return "", fmt.Errorf("following the links of a list: %w", err)
		}
		found := link.FindStringSubmatch(body)
		if found == nil {
			return "", fmt.Errorf("%s has no link %s", path, link)
		}
		path = html.UnescapeString(found[1])
	}
	return path, nil
}

func (v viewing) median() time.Duration { return quantile(v.took, 0.5) }
func (v viewing) best() time.Duration   { return quantile(v.took, 0) }
func (v viewing) worst() time.Duration  { return quantile(v.took, 1) }

// slowest returns the medians of the pages that have this aim, in milliseconds.
func slowest(limit time.Duration) func(report) []figure {
	return func(r report) (all []figure) {
		for _, b := range r.blocks {
			for _, v := range b.views {
				if v.limit == limit {
					all = append(all, figure{inMillis(v.median()), v.name + ", " + b.String()})
				}
			}
		}
		return all
	}
}

// pagesTable has a row for each page, and columns for each block.
func (r report) pagesTable() table {
	t := table{
		title: "Pages",
		note: fmt.Sprintf("Best, median and worst of %s times that each page was opened, in turn over one connection, in milliseconds from the request to the last byte of the answer, "+
			"with %s audit events for each person; and the bytes of the last answer, not compressed. The search is the part that a script asks for as somebody types. The counts without a limit, "+
			"which a link or a form asks for, have no aim. With style sheet and scripts, which a browser keeps, every page is within 60 KB (`test/pages` checks each). "+
			"Pages behind a link of a mail, `/setup` and the second steps of a sign-in read one or two rows by key, whatever the number of people: 0.5 to 1.6 ms in `test/pages`.", integer(viewsEach), integer(r.options.audit)),
		head: []string{"page", "bytes"},
	}
	for _, b := range r.blocks {
		if len(b.views) == 0 {
			continue
		}
		t.head = append(t.head, b.String()+": best", "median", "worst")
		for i, v := range b.views {
			if i == len(t.rows) {
				t.rows = append(t.rows, []string{v.name, integer(v.size)})
			}
			t.rows[i][1] = integer(v.size)
			t.rows[i] = append(t.rows[i], ms(v.best()), ms(v.median()), ms(v.worst()))
		}
	}
	return t
}
