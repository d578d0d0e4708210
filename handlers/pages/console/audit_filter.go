package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/store"
	"gatehouse/web"
)

// An auditFilter is what an address asks the audit log for.
type auditFilter struct {
	// address has the parameters, as they were given.
	address url.Values
	query   store.AuditQuery
	kind    string
	// who is the name in the log of a person or an app, and side "by" for what they did,
	// "to" for what was done to them, or empty for both.
	who, side string
	// choices are the people who may be meant, and problem is what is wrong.
	choices []web.Filter
	problem string
}

// filterOf reads the address.
func (e Audit) filterOf(r *http.Request) (auditFilter, error) {
	given := only(r.URL.Query(), "who", "side", "kind", "request", "from", "to")
	f := auditFilter{address: given, kind: given.Get("kind"), side: given.Get("side")}
	f.query.Kind, f.query.RequestID = f.kind, given.Get("request")
	var badFrom, badTo bool
	f.query.Since, badFrom = timeIn(given.Get("from"), false)
	f.query.Until, badTo = timeIn(given.Get("to"), true)
	switch {
	case !kindExists(f.kind):
		f.problem = pages.Say(r, "There is no kind of event called %s.", f.kind)
	case badFrom || badTo:
		f.problem = pages.Say(r, "Give times as 2026-11-30 or 2026-11-30T10:00, in UTC.")
	}
	if mark := r.URL.Query().Get("cursor"); mark != "" && f.problem == "" {
		_ = e.Cursors.Open(f.bind(), mark, &f.query.Before) // a mark of another list begins anew
	}
	if who := given.Get("who"); who != "" {
		return f, e.resolve(r, &f, who)
	}
	return f, nil
}

// bind names the list that a mark belongs to.
func (f auditFilter) bind() string { return "console audit " + f.address.Encode() }

// with returns the parameters with another one.
func (f auditFilter) with(name, value string) url.Values {
	all := url.Values{name: {value}}
	for given, values := range f.address {
		all[given] = values
	}
	return all
}

func (f auditFilter) status() int {
	if f.problem != "" {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// asked returns the fields of the form as they were given.
func (f auditFilter) asked() web.AuditAsked {
	return web.AuditAsked{
		Who: f.address.Get("who"), Side: f.side, Kind: f.kind, Request: f.address.Get("request"), From: f.address.Get("from"), To: f.address.Get("to"),
		Any: len(f.address) > 0,
	}
}

// kindExists reports whether a kind, or the beginning of one before a "*", exists.
func kindExists(kind string) bool {
	prefix, open := strings.CutSuffix(kind, "*")
	return kind == "" || slices.ContainsFunc(audit.KindNames(), func(name string) bool { return name == kind || open && strings.HasPrefix(name, prefix) })
}

// timeIn reads a time in UTC. A date alone, as an end, means its whole day.
func timeIn(text string, end bool) (at time.Time, bad bool) {
	if text == "" {
		return time.Time{}, false
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(form, text); err == nil {
			return at, false
		}
	}
	at, err := time.Parse("2006-01-02", text)
	if end {
		at = at.AddDate(0, 0, 1)
	}
	return at, err != nil
}

// resolve finds the person or the app of a filter: by username, e-mail address or ID, or by
// what the search of people finds.
func (e Audit) resolve(r *http.Request, f *auditFilter, who string) error {
	u, err := e.Records.UserByName(r.Context(), names.Lookup(who))
	if err == nil {
		f.who = audit.UserSubject(u.Sub)
		return nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("finding a person: %w", err)
	}
	c, err := e.Records.ClientByID(r.Context(), who)
	if err == nil {
		f.who = audit.ClientSubject(c.ID)
		return nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("finding an app: %w", err)
	}
	return e.search(r, f, who)
}

// search finds a person by name. If there are several, the page asks which one.
func (e Audit) search(r *http.Request, f *auditFilter, who string) error {
	found, err := e.People.Browse(r.Context(), url.Values{"search": {who}}, 10, store.Uncounted)
	if _, bad := errors.AsType[*fields.Errors](err); bad {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("searching for a person: %w", err)
	}
	switch len(found.Users) {
	case 0:
		f.problem = cmp.Or(f.problem, pages.Say(r, "Nobody is called %s, and no app has that ID.", who))
	case 1:
		f.who = audit.UserSubject(found.Users[0].Sub)
	default:
		for _, u := range found.Users {
			f.choices = append(f.choices, web.Filter{Text: pages.FullNameOf(u) + " (" + u.Username + ")", Address: onward(auditPath, f.with("who", u.Username), "")})
		}
	}
	return nil
}

// list returns the events of a filter: those by a person and those about them, which are two
// lists, merged.
func (e Audit) list(ctx context.Context, q store.AuditQuery, f auditFilter) ([]store.AuditEvent, error) {
	did, had := q, q
	did.Actor, had.Subject = f.who, f.who
	switch {
	case f.who == "" || f.side == "by":
		return e.Log.ListAudit(ctx, did)
	case f.side == "to":
		return e.Log.ListAudit(ctx, had)
	}
	one, err := e.Log.ListAudit(ctx, did)
	if err != nil {
		return nil, err
	}
	other, err := e.Log.ListAudit(ctx, had)
	if err != nil {
		return nil, err
	}
	all := append(one, other...)
	slices.SortFunc(all, func(a, b store.AuditEvent) int { return cmp.Compare(b.ID, a.ID) })
	all = slices.CompactFunc(all, func(a, b store.AuditEvent) bool { return a.ID == b.ID })
	return all[:min(len(all), q.Limit)], nil
}
