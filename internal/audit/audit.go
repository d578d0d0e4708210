// Package audit defines the events of the audit log, one struct for each kind. The name
// of a kind and the meaning of its fields never change. None of them is secret.
package audit

import (
	"context"
	"encoding/json"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

const (
	// System is the actor of what the server does on its own.
	System = "system"
	// Registration is the actor of an app that registers itself without a token.
	Registration = "registration"
)

// A Kind is the specific part of an event; its exported fields are the detail.
type Kind interface{ Kind() string }

// An Event is a Kind with its circumstances.
type Event struct {
	// Actor is the actor's name: authz.Actor's String, System, Registration, or the token
	// by which an app registered, as RegistrationSubject writes it.
	Actor string
	// Subject names what the event concerns, as UserSubject and the functions beside it
	// write it.
	Subject   string
	SessionID string
	ClientID  string
	What      Kind
}

// Record makes the row, with the ID and the address of the request in ctx.
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

// APISubject names an API in an event.
func APISubject(id string) string { return "api:" + id }

// KeySubject names a signing key in an event.
func KeySubject(kid string) string { return "key:" + kid }

// RegistrationSubject names a token by which apps register.
func RegistrationSubject(id string) string { return "registration:" + id }
