package operators

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// stamp returns a time as in answers.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// audit shows the audit log, newest first. The filters are kind (which may end in "*"),
// actor, subject, since and until (RFC 3339).
func (h *Handlers) audit(w http.ResponseWriter, r *http.Request) error {
	query, err := api.Query(r)
	if err != nil {
		return err
	}
	q, bind, err := h.auditQuery(query)
	if err != nil {
		return err
	}
	limit := q.Limit
	q.Limit++ // one more shows whether another page follows
	events, err := h.Evidence.ListAudit(r.Context(), q)
	if err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	if len(events) > limit {
		events = events[:limit]
		next, err := h.Cursors.Seal(bind, events[limit-1].ID)
		if err != nil {
			return err
		}
		api.LinkNext(w, r, h.Issuer, next)
	}
	views := make([]api.Event, len(events))
	for i, e := range events {
		views[i] = api.EventOf(e)
	}
	return api.JSON(w, http.StatusOK, views)
}

// auditQuery reads the parameters. bind identifies the list that a cursor belongs to.
func (h *Handlers) auditQuery(parameters url.Values) (q store.AuditQuery, bind string, err error) {
	faults := &fields.Errors{}
	q = store.AuditQuery{Limit: cursor.DefaultLimit}
	for _, p := range []struct {
		name string
		to   *string
	}{{"kind", &q.Kind}, {"actor", &q.Actor}, {"subject", &q.Subject}} {
		*p.to = named(parameters, p.name, faults)
	}
	q.Since = moment(parameters, "since", faults)
	q.Until = moment(parameters, "until", faults)
	if parameters.Has("limit") {
		var fault string
		if q.Limit, fault = cursor.Limit(once(parameters, "limit", faults)); fault != "" {
			faults.Add("limit", fault)
		}
	}
	bind = fmt.Sprintf("audit %q %q %q %s %s", q.Kind, q.Actor, q.Subject, q.Since.UTC(), q.Until.UTC())
	if parameters.Has("cursor") && h.Cursors.Open(bind, parameters.Get("cursor"), &q.Before) != nil {
		faults.Add("cursor", "Invalid cursor.")
	}
	return q, bind, faults.Err()
}

// named reads a parameter that names something.
func named(parameters url.Values, name string, faults *fields.Errors) string {
	value := once(parameters, name, faults)
	if len(value) > 255 || fields.CharFaults(value, 0) != nil {
		faults.Add(name, "Nothing has this name.")
	}
	return value
}

// once reads a parameter, and refuses a repeated one.
func once(parameters url.Values, name string, faults *fields.Errors) string {
	if len(parameters[name]) > 1 {
		faults.Add(name, "This parameter may be given once.")
	}
	return parameters.Get(name)
}

// moment reads a time; zero if the parameter is absent.
func moment(parameters url.Values, name string, faults *fields.Errors) time.Time {
	text := once(parameters, name, faults)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		faults.Add(name, "Give a time as 2006-01-02T15:04:05Z.")
	}
	return at
}
