package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"gatehouse/handlers/api"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/store"
	"gatehouse/web"
)

// ShowOne shows one event: what changed, how it came about, and what else the same request
// did.
func (e Audit) ShowOne(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	event, err := e.eventOf(r)
	if err != nil {
		return err
	}
	names, err := e.Names.Names(r.Context(), []store.AuditEvent{event})
	if err != nil {
		return err
	}
	data := web.ConsoleAuditEventData{Frame: e.frame(w, r, me, "audit"), Event: e.one(r, names, event), SessionID: event.SessionID}
	data.Actor, data.Subject = partyOf(r, names, event.Actor), partyOf(r, names, event.Subject)
	data.Changes, data.Others = changesOf(event.Detail)
	if data.JSON, err = asJSON(event); err != nil {
		return err
	}
	if data.Same, err = e.sameRequest(r, event); err != nil {
		return err
	}
	return pages.Show(w, r, web.ConsoleAuditEvent, http.StatusOK, data)
}

// sameRequest returns the other events of an event's request, at most twenty.
func (e Audit) sameRequest(r *http.Request, event store.AuditEvent) ([]web.AuditEvent, error) {
	if event.RequestID == "" {
		return nil, nil
	}
	const most = 21
	found, err := e.Log.ListAudit(r.Context(), store.AuditQuery{RequestID: event.RequestID, Limit: most})
	if err != nil {
		return nil, fmt.Errorf("reading the events of a request: %w", err)
	}
	return e.told(r, slices.DeleteFunc(found, func(other store.AuditEvent) bool { return other.ID == event.ID }))
}

// partyOf returns who or what a name in the log is.
func partyOf(r *http.Request, names events.Names, name string) web.Part {
	if part, known := names[name]; known {
		return part
	}
	return web.Part{Text: events.Party(r, name)}
}

// changesOf returns the attributes that an event changed, before and after, and the other
// members of its detail.
func changesOf(detail []byte) (changes, others []web.AuditChange) {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(detail, &members) // a detail that is not an object has none
	before, after := attributesIn(members["before"]), attributesIn(members["after"])
	both := maps.Clone(before)
	if both == nil {
		both = map[string]json.RawMessage{}
	}
	maps.Copy(both, after)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		changes = append(changes, web.AuditChange{Name: name, Before: text(before[name]), After: text(after[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != "before" && name != "after" {
			others = append(others, web.AuditChange{Name: name, After: text(members[name])})
		}
	}
	return changes, others
}

// attributesIn returns the attributes of before or after, or the one value that it is.
func attributesIn(raw json.RawMessage) (all map[string]json.RawMessage) {
	if len(raw) > 0 && json.Unmarshal(raw, &all) != nil {
		return map[string]json.RawMessage{"name": raw}
	}
	return all
}

// text writes a value as people read it.
func text(raw json.RawMessage) string {
	var words string
	if json.Unmarshal(raw, &words) == nil {
		return words
	}
	return string(raw)
}

// asJSON returns an event as the API answers it.
func asJSON(event store.AuditEvent) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(api.EventOf(event))
	return b.String(), err
}
