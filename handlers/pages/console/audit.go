package console

import (
	"fmt"
	"net/http"
	"strconv"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

// Audit is the page of the audit log: who did what to whom.
type Audit struct {
	Site
	Operations
	People browsing
}

// eventsOnPage is how many events a page has.
const eventsOnPage = 50

// Show shows a page of the events that the address asks for, the newest first. With fresh,
// it answers a page that follows the log: with nothing if there is no newer event.
func (e Audit) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	f, err := e.filterOf(r)
	if err != nil {
		return err
	}
	data := web.ConsoleAuditData{Asked: f.asked(), Groups: kindsOf(r, f.kind), Problem: f.problem, Choices: f.choices}
	if f.problem == "" && len(f.choices) == 0 {
		if err := e.fill(r, &data, f); err != nil {
			return err
		}
	}
	if fresh := r.URL.Query().Get("fresh"); fresh != "" {
		if len(data.Events.Rows) == 0 || data.Events.Rows[0].ID == fresh {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return pages.Show(w, r, web.ConsoleAuditRows, http.StatusOK, data)
	}
	data.Frame = e.frame(w, r, me, "audit")
	data.Frame.Problem = data.Problem
	return pages.Show(w, r, web.ConsoleAudit, f.status(), data)
}

// fill reads the events of a page.
func (e Audit) fill(r *http.Request, data *web.ConsoleAuditData, f auditFilter) error {
	q := f.query
	q.Limit = eventsOnPage + 1
	found, err := e.list(r.Context(), q, f)
	if err != nil {
		return err
	}
	data.Events = web.List[web.AuditEvent]{First: onward(auditPath, f.address, ""), Later: q.Before > 0}
	if len(found) > eventsOnPage {
		found = found[:eventsOnPage]
		mark, err := e.Cursors.Seal(f.bind(), found[eventsOnPage-1].ID)
		if err != nil {
			return err
		}
		data.Events.Next = onward(auditPath, f.address, mark)
	}
	data.Export = onward(auditPath+"/export", f.address, "")
	if !data.Events.Later {
		data.Follow = onward(auditPath, f.with("fresh", ""), "")
	}
	data.Events.Rows, err = e.told(r, found)
	return err
}

// told tells events, with the day before the first of each.
func (e Audit) told(r *http.Request, found []store.AuditEvent) ([]web.AuditEvent, error) {
	names, err := e.Names.Names(r.Context(), found)
	if err != nil {
		return nil, err
	}
	all, day := make([]web.AuditEvent, 0, len(found)), ""
	for _, event := range found {
		one := e.one(r, names, event)
		if today := pages.Date(r, event.At); today != day {
			one.Day, day = today, today
		}
		all = append(all, one)
	}
	return all, nil
}

func (e Audit) one(r *http.Request, names events.Names, event store.AuditEvent) web.AuditEvent {
	id := strconv.FormatInt(event.ID, 10)
	one := web.AuditEvent{
		ID: id, Told: events.Tell(r, names, event), Kind: event.Kind, At: e.when(r, event.At), Clock: event.At.UTC().Format("15:04:05"),
		IP: event.IP, Request: event.RequestID, Path: auditPath + "/" + id,
	}
	if event.ClientID != "" {
		one.App = names[audit.ClientSubject(event.ClientID)]
	}
	if event.RequestID != "" {
		one.Together = onward(auditPath, map[string][]string{"request": {event.RequestID}}, "")
	}
	return one
}

// eventOf returns the event that the path names.
func (e Audit) eventOf(r *http.Request) (store.AuditEvent, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return store.AuditEvent{}, errNoEvent
	}
	found, err := e.Log.ListAudit(r.Context(), store.AuditQuery{Before: id + 1, Limit: 1})
	if err != nil {
		return store.AuditEvent{}, fmt.Errorf("reading an event: %w", err)
	}
	if len(found) == 0 || found[0].ID != id {
		return store.AuditEvent{}, errNoEvent
	}
	return found[0], nil
}

var errNoEvent = &pages.Problem{
	Status: http.StatusNotFound, Reason: "no event has this number", Heading: "There is no such event",
	Text: "The audit log does not have it, or not any more: old events are deleted after a while.",
}
