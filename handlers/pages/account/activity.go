package account

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/audit"
	"gatehouse/internal/cursor"
	"gatehouse/store"
	"gatehouse/web"
)

// eventsOnPage is how many events a page of the activity has.
const eventsOnPage = 50

// An evidence reads the audit log.
type evidence interface {
	ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
}

// Activity is the page with what happened to an account: its part of the audit log, in
// sentences.
type Activity struct {
	Site
	Evidence evidence
	Cursors  cursor.Sealer
}

// Show shows a page of events, the newest first. A cursor that is not ours begins anew.
func (e Activity) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	q := store.AuditQuery{Subject: audit.UserSubject(me.User.Sub), Limit: eventsOnPage + 1}
	if mark := r.URL.Query().Get("before"); mark != "" && e.Cursors.Open(e.bind(me), mark, &q.Before) != nil {
		return pages.SeeOther(w, activityPath)
	}
	log, err := e.Evidence.ListAudit(r.Context(), q)
	if err != nil {
		return fmt.Errorf("reading the activity: %w", err)
	}
	data := web.AccountActivityData{Frame: e.frame(w, r, me), First: q.Before == 0}
	if len(log) > eventsOnPage {
		log = log[:eventsOnPage]
		mark, err := e.Cursors.Seal(e.bind(me), log[eventsOnPage-1].ID)
		if err != nil {
			return err
		}
		data.Older = activityPath + "?" + url.Values{"before": {mark}}.Encode()
	}
	if data.Events, err = e.told(r, me, log); err != nil {
		return err
	}
	return pages.Show(w, r, web.AccountActivity, http.StatusOK, data)
}

// bind names the list that a cursor belongs to.
func (Activity) bind(me pages.Visit) string { return "activity " + me.User.Sub }

// told tells events in sentences.
func (s Site) told(r *http.Request, me pages.Visit, log []store.AuditEvent) ([]web.AccountEvent, error) {
	told := make([]web.AccountEvent, 0, len(log))
	for _, event := range log {
		one := web.AccountEvent{IP: event.IP, At: s.when(r, event.At)}
		one.Sentence, one.Bad = events.Own(r, me.User.Sub, event)
		if event.ClientID != "" {
			name, err := s.nameOf(r.Context(), event.ClientID)
			if err != nil {
				return nil, err
			}
			one.App = name
		}
		told = append(told, one)
	}
	return told, nil
}
