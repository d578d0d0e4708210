package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// hostile are the first letters that make a spreadsheet read a cell as a formula.
var hostile = []string{"=", "+", "-", "@", "\t", "\r"}

// crowded puts people on record whose first names begin with every hostile letter in turn.
func (g *gate) crowded(number int) {
	g.t.Helper()
	err := g.db.Write(g.t.Context(), func(tx store.Tx) error {
		for i := range number {
			name := fmt.Sprintf("member-%04d", i)
			u := store.User{
				Sub: "sub-of-" + name, Username: name, UsernameKey: name, Email: name + "@people.example", EmailKey: name + "@people.example",
				FirstName: hostile[i%len(hostile)] + "1+1", LastName: "Harmless", Role: store.RoleUser, Active: true, JoinedAt: time.Now().UTC(), UpdatedAt: time.Now().UTC(),
			}
			if _, err := tx.CreateUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.t.Fatalf("creating people: %v", err)
	}
}

// exported returns what is on record of downloads of people.
func (g *gate) exported() (all []audit.PeopleExported) {
	g.t.Helper()
	events, err := g.db.ListAudit(g.t.Context(), store.AuditQuery{Kind: "people.exported", Limit: 10})
	if err != nil {
		g.t.Fatalf("listing events: %v", err)
	}
	all = make([]audit.PeopleExported, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Detail, &all[i]); err != nil || e.Actor != "user:"+g.user("root").Sub {
			g.t.Fatalf("the event is %+v, %v; want one of root's", e, err)
		}
	}
	return all
}

// TestPeopleAreExported downloads more people than are read at a time, with names that pose
// as formulas.
func TestPeopleAreExported(t *testing.T) {
	const number = 1100
	g := openGate(t, nil)
	root := g.administrator()
	g.crowded(number)
	form := url.Values{"search": {"member"}}
	for pairs := root.get("/console/people?search=member").shows(http.StatusOK).fields(); len(pairs) > 0; pairs = pairs[2:] {
		form.Set(pairs[0], pairs[1])
	}
	got := root.do("POST", "/console/people", form).shows(http.StatusOK)
	if length, kind := got.header.Get("Content-Length"), got.header.Get("Content-Type"); length != "" || kind != "text/csv; charset=utf-8" {
		t.Errorf("Content-Length %q and Content-Type %q, want a table that is sent as it is read", length, kind)
	}
	lines, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(lines) != number+1 {
		t.Fatalf("%d lines, %v; want a head and %d people", len(lines), err, number)
	}
	for i, line := range lines[1:] {
		want := fmt.Sprintf("member-%04d", i)
		if line[2] != want || line[5] != "'"+hostile[i%len(hostile)]+"1+1" || line[6] != "Harmless" {
			t.Fatalf("line %d is %q, want %s with an apostrophe before the first name alone", i, line, want)
		}
	}
	if all := g.exported(); len(all) != 1 || all[0].People != number || !all[0].Complete {
		t.Errorf("on record are %+v, want one download of %d people", all, number)
	}
}

// TestTheAuditLogIsSentAsItIsRead downloads more events than are read at a time.
func TestTheAuditLogIsSentAsItIsRead(t *testing.T) {
	const number = 2300
	g := openGate(t, nil)
	root := g.administrator()
	for i := range number {
		if err := g.db.Audit(t.Context(), store.AuditEvent{Kind: "mail.sent", Actor: "system", At: time.Now().UTC(), Detail: fmt.Appendf(nil, `{"n":%d}`, i)}); err != nil {
			t.Fatalf("recording an event: %v", err)
		}
	}
	got := root.do("GET", "/console/audit/export?kind=mail.sent", nil).shows(http.StatusOK)
	if length, kind := got.header.Get("Content-Length"), got.header.Get("Content-Type"); length != "" || kind != "application/x-ndjson; charset=utf-8" {
		t.Errorf("Content-Length %q and Content-Type %q, want lines that are sent as they are read", length, kind)
	}
	lines := strings.Split(strings.TrimSuffix(got.body, "\n"), "\n")
	if len(lines) != number {
		t.Fatalf("%d lines, want %d", len(lines), number)
	}
	for i, line := range lines {
		var event struct{ Detail struct{ N int } }
		if err := json.Unmarshal([]byte(line), &event); err != nil || event.Detail.N != number-1-i {
			t.Fatalf("line %d is %s, %v; want event %d", i, line, err, number-1-i)
		}
	}
}

// TestAnActOnManyIsTriedFirst tries to deactivate everybody of a filter, does so with another
// number than was shown, without typing it, and as it was shown.
func TestAnActOnManyIsTriedFirst(t *testing.T) {
	const tried = "/console/bulk?act=deactivate&all=1&search=member"
	g := openGate(t, nil)
	root := g.administrator()
	g.crowded(612)
	shown := root.get(tried).shows(http.StatusOK, "612")
	act := func(p page, typed string) page {
		return root.post("/console/bulk", append(p.fields(), "typed", typed)...)
	}
	if n := g.inactive(); n != 0 {
		t.Fatalf("%d people are deactivated by a dry run, want none", n)
	}
	g.person("member-more", "user")
	shown = act(shown, "612").shows(http.StatusPreconditionFailed, "The number of people has changed since you looked.", "613")
	act(shown, "612").shows(http.StatusUnprocessableEntity, "Type the number of people to go on.")
	if n := g.inactive(); n != 0 {
		t.Fatalf("%d people are deactivated by forms that were refused, want none", n)
	}
	act(shown, "613").shows(http.StatusOK)
	testkit.Within(t, 30*time.Second, "everybody deactivated", func() error {
		if n := g.inactive(); n != 613 {
			return fmt.Errorf("%d are, want 613", n)
		}
		return nil
	})
}

// inactive returns how many people are deactivated.
func (g *gate) inactive() int64 {
	g.t.Helper()
	found, err := g.people.List(g.t.Context(), url.Values{"is_active": {"false"}})
	if err != nil {
		g.t.Fatalf("counting people: %v", err)
	}
	return found.Total
}

// TestStaffActOnNobody has staff try an act on many and a download.
func TestStaffActOnNobody(t *testing.T) {
	g := openGate(t, nil)
	g.crowded(3)
	g.person("stan", "staff")
	stan := g.visitor()
	stan.signIn(stan.get("/login"), "stan").shows(http.StatusOK)
	stan.get("/console/people").shows(http.StatusOK, "member-0001")
	stan.get("/console/bulk?act=deactivate&all=1&search=member").shows(http.StatusForbidden)
	stan.post("/console/bulk", "act", "deactivate", "all", "1", "search", "member", "expected", "3", "typed", "3").shows(http.StatusForbidden)
	stan.post("/console/people", "search", "member").shows(http.StatusForbidden)
	stan.get("/console/audit/export").shows(http.StatusForbidden)
	if n, events := g.inactive(), len(g.exported()); n != 0 || events != 0 {
		t.Errorf("%d people are deactivated, %d downloads on record; want none", n, events)
	}
}
