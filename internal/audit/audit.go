// Package audit says what is put on record: one struct for each kind of event.
// A kind's name and the meaning of its fields never change. No secret is among them.
package audit

import (
	"context"
	"encoding/json"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// A Kind is the particular part of an event; its exported fields are the detail.
type Kind interface{ Kind() string }

// An Event is a Kind with its circumstances.
type Event struct {
	// Actor is who did it: authz.Actor's String, or "system".
	Actor string
	// Subject is whom or what it was done to: "user:<sub>", "client:<id>", "key:<kid>".
	Subject   string
	SessionID string
	ClientID  string
	What      Kind
}

// Record makes the row, with the request's ID and address from ctx.
func (e Event) Record(ctx context.Context, at time.Time) store.AuditEvent {
	detail, err := json.Marshal(e.What)
	if err != nil {
		// The kinds below are plain structs, so this is a mistake in one of them.
		detail = []byte(`{"error":"detail could not be encoded"}`)
	}
	info := reqctx.From(ctx)
	return store.AuditEvent{
		At: at, Kind: e.What.Kind(), Actor: e.Actor, Subject: e.Subject,
		SessionID: e.SessionID, ClientID: e.ClientID,
		IP: info.IPString(), RequestID: info.ID, Detail: detail,
	}
}

// UserSubject names a person in an event.
func UserSubject(sub string) string { return "user:" + sub }

// ClientSubject names an app in an event.
func ClientSubject(id string) string { return "client:" + id }

// KeySubject names a signing key in an event.
func KeySubject(kid string) string { return "key:" + kid }
