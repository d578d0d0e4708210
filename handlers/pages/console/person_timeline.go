package console

import (
	"fmt"
	"net/http"

	"gatehouse/handlers/pages/events"
	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

// mostEvents is how many events a page of a person tells.
const mostEvents = 15

// timeline fills in what happened to a person last.
func (e Person) timeline(r *http.Request, u store.User, data *web.ConsolePersonData) error {
	log, err := e.Evidence.ListAudit(r.Context(), store.AuditQuery{Subject: audit.UserSubject(u.Sub), Limit: mostEvents})
	if err != nil {
		return fmt.Errorf("reading a person's part of the audit log: %w", err)
	}
	names, err := e.Directory.Names(r.Context(), log)
	if err != nil {
		return err
	}
	for _, event := range log {
		data.Timeline = append(data.Timeline, web.ConsoleEvent{Told: events.Tell(r, names, event), IP: event.IP, RequestID: event.RequestID, At: e.when(r, event.At)})
	}
	return nil
}
