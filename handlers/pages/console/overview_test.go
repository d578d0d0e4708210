package console_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/pages/console"
	"gatehouse/internal/session"
	"gatehouse/keys"
	"gatehouse/store"
)

// figures stands in for the store and for what watches the server.
type figures struct {
	counts   []store.HourlyCount
	living   int64
	events   map[string]int
	unfinish bool
	broken   error
}

func (f figures) Hourly(_ context.Context, kind store.Happening, _ time.Time) (found []store.HourlyCount, err error) {
	for _, c := range f.counts {
		if c.Kind == kind {
			found = append(found, c)
		}
	}
	return found, f.broken
}

func (f figures) HourlyOfBusiest(ctx context.Context, kind store.Happening, since time.Time, _ int) ([]store.HourlyCount, error) {
	return f.Hourly(ctx, kind, since)
}

func (f figures) CountSessionsUpTo(context.Context, string, int, time.Time) (int64, error) {
	return f.living, nil
}

func (f figures) ClientByID(_ context.Context, id string) (store.Client, error) {
	if id == "gone" {
		return store.Client{}, store.ErrNotFound
	}
	return store.Client{ID: id, Name: "Photo " + id}, nil
}

func (f figures) ListAudit(_ context.Context, q store.AuditQuery) ([]store.AuditEvent, error) {
	found := []store.AuditEvent{{At: now.Add(-25 * time.Hour)}} // too old
	for range f.events[q.Kind] {
		found = append(found, store.AuditEvent{At: now})
	}
	return found, nil
}

func (f figures) Finished(context.Context) (bool, error) { return !f.unfinish, nil }

func (f figures) List(context.Context) ([]keys.Status, error) {
	return []keys.Status{{Algorithm: "RS256", State: keys.Verifying}, {Algorithm: "RS256", State: keys.Signing, SignFrom: now.Add(-24 * time.Hour)}, {Algorithm: "RS256", State: keys.Published, SignFrom: now.Add(time.Hour)}}, nil
}

// overview is the page with everything in order.
func (f figures) overview() console.Overview {
	return console.Overview{Figures: f, Names: f, Watch: console.Watch{
		Keys: f, RotateEvery: 30 * 24 * time.Hour, Evidence: f, Upgrade: f, Version: "1.2.3",
		Parts: func(context.Context) map[string]float64 { return map[string]float64{"database": 1, "redis": 1} },
	}}
}

func count(kind store.Happening, client, detail string, ago int, n int64) store.HourlyCount {
	return store.HourlyCount{HourlyKey: store.HourlyKey{Kind: kind, ClientID: client, Detail: detail}, Hour: now.Add(-time.Duration(ago) * time.Hour), N: n}
}

// page returns the overview for a role, and its status.
func page(t *testing.T, role store.Role, o console.Overview, query ...string) (string, int) {
	t.Helper()
	w := openWith(t, role, &lists{}, o, "/console"+strings.Join(query, ""))
	return strings.ReplaceAll(w.Body.String(), "<wbr>", ""), w.Code
}

func wantIn(t *testing.T, body string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s, want it:\n%s", want, body)
		}
	}
}

func TestTheOverviewShowsTheDay(t *testing.T) {
	f := figures{living: 12, counts: []store.HourlyCount{
		count(store.SignIns, "", "ok", 0, 1200), count(store.SignIns, "", "refused", 0, 3), count(store.SignIns, "", "ok", 5, 34),
		count(store.LivingSessions, "", "", 0, 11), count(store.LivingSessions, "", "", 4, 9), count(store.ActivePeople, "", "", 0, 4321),
		count(store.Tokens, "shop", "", 0, 2500), count(store.Tokens, "shop", "", 1, 10), count(store.Tokens, "gone", "", 0, 1), count(store.Tokens, session.AccountsID, "", 0, 99), count(store.Tokens, "", "", 0, 5000),
	}}
	body, status := page(t, store.RoleAdmin, f.overview())
	if status != http.StatusOK {
		t.Fatalf("status %d, want 200:\n%s", status, body)
	}
	wantIn(t, body, "<strong>1,234</strong><span>succeeded", "<strong>3</strong><span>refused", "<strong>12</strong>", "4,321", "Photo shop", "<strong>2,510</strong>", "peak 2,500 per hour", "<bdi>gone</bdi>", "Other apps",
		`title="12:00 to 13:00: 1,200 succeeded, 3 refused"`, `title="10:00 to 11:00: no data"`, `title="08:00 to 09:00: 0 succeeded, 0 refused"`, "Show as a table", `role="img" aria-label="Sign-ins in the last 24 hours: 1,234 succeeded`,
		"from=2026-11-30T12%3A00%3A00Z", "to=2026-11-30T13%3A00%3A00Z", "Key in force", "1.2.3")
	if strings.Contains(body, "Needs attention") {
		t.Errorf("the page asks for attention, want nothing while all is in order:\n%s", body)
	}
	if first, last := strings.Index(body, "Photo shop"), strings.Index(body, "Other apps"); first > last {
		t.Error("the apps that are counted together come before others, want them last")
	}
	if rows := strings.Count(body, "no data</td>"); rows != 21 {
		t.Errorf("%d hours without data, want 21: a server ran in three", rows)
	}
}

// TestTheOverviewShowsLongerTimes: the counts of the hours add up to steps of six hours or a
// day, the samples do not, and what is older than the time stays out.
func TestTheOverviewShowsLongerTimes(t *testing.T) {
	f := figures{living: 2000, counts: []store.HourlyCount{
		count(store.SignIns, "", "ok", 0, 5), count(store.SignIns, "", "ok", 30, 70), count(store.SignIns, "", "ok", 29, 3), count(store.SignIns, "", "ok", 20*24, 400), count(store.SignIns, "", "ok", 40*24, 9000),
		count(store.LivingSessions, "", "", 30, 70), count(store.LivingSessions, "", "", 29, 50),
	}}
	for _, tc := range []struct {
		query string
		want  []string
	}{
		{"", []string{"<strong>5</strong><span>succeeded", `aria-current="true">24 hours`}},
		{"?span=7d", []string{"<strong>78</strong><span>succeeded", `aria-current="true">7 days`, `title="29 Nov, 06:00 to 29 Nov, 12:00: 73 succeeded, 0 refused"`, "from=2026-11-29T06%3A00%3A00Z&amp;kind=signin.%2A&amp;to=2026-11-29T12%3A00%3A00Z", "Live sessions in the last 7 days: at most 70."}},
		{"?span=30d", []string{"<strong>478</strong><span>succeeded", `aria-current="true">30 days`, `title="29 Nov to 30 Nov: 73 succeeded, 0 refused"`, "succeeded per day"}},
		{"?span=1y", []string{`aria-current="true">24 hours`}},
	} {
		body, status := page(t, store.RoleAdmin, f.overview(), tc.query)
		if status != http.StatusOK {
			t.Errorf("%q: status %d, want 200", tc.query, status)
		}
		wantIn(t, body, tc.want...)
	}
}

func TestManySessionsAreThoseOfTheSample(t *testing.T) {
	f := figures{living: 2000, counts: []store.HourlyCount{count(store.LivingSessions, "", "", 1, 184_302)}}
	body, _ := page(t, store.RoleAdmin, f.overview())
	wantIn(t, body, "<strong>184,302</strong>", "as of 1 hour ago")
}

func TestAnEmptyInstallation(t *testing.T) {
	body, status := page(t, store.RoleAdmin, figures{}.overview())
	if status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	wantIn(t, body, "<strong>0</strong><span>succeeded", "No tokens in the last 24 hours")
	if strings.Contains(body, `class="curve"`) {
		t.Errorf("the page has a curve, want none without data:\n%s", body)
	}
}

func TestStaffSeePeopleAlone(t *testing.T) {
	o := figures{counts: []store.HourlyCount{count(store.SignIns, "", "ok", 0, 5), count(store.Tokens, "shop", "", 0, 7)}, events: map[string]int{"mail.failed": 3}}.overview()
	o.Watch.Exposed = true
	body, status := page(t, store.RoleStaff, o)
	if status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	wantIn(t, body, "<strong>5</strong><span>succeeded", "lin@people.example")
	for _, not := range []string{"Photo shop", "/console/apps", "/console/audit", "Needs attention", "This server"} {
		if strings.Contains(body, not) {
			t.Errorf("the page of staff has %q, want it without:\n%s", not, body)
		}
	}
}

func TestWhatNeedsAttention(t *testing.T) {
	f := figures{events: map[string]int{"mail.failed": 4, "attack.suspected": 1}, unfinish: true}
	o := f.overview()
	o.Watch.Exposed, o.Watch.RotateEvery = true, time.Hour
	o.Watch.Parts = func(context.Context) map[string]float64 { return map[string]float64{"database": 1, "redis": 0} }
	o.Watch.Mails = func(_ context.Context, most int) (int, error) { return most, nil }
	w := openWith(t, store.RoleAdmin, &lists{total: 1}, o, "/console")
	wantIn(t, w.Body.String(), "A part of this server does not work", "Redis", "Passwords cross the network", "should have been replaced", "One warning in the last 24 hours", "4 mails were given up",
		"/console/audit?kind=mail.failed", "At least 100 mails wait", "There is only one administrator", "gatehouse migrate finish")
	if found := regexp.MustCompile(`class="chip caution">8<`).FindString(w.Body.String()); found == "" {
		t.Errorf("the page does not say that eight things need attention, want it:\n%s", w.Body)
	}
}

func TestAFaultOfTheStoreIsNoEmptyDay(t *testing.T) {
	if body, status := page(t, store.RoleAdmin, figures{broken: errors.New("disk on fire")}.overview()); status != http.StatusInternalServerError {
		t.Errorf("status %d, want 500:\n%s", status, body)
	}
}
