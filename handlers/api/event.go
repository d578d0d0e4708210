package api

import (
	"encoding/json"

	"gatehouse/store"
)

// An Event is an event of the audit log as in answers.
type Event struct {
	ID        int64           `json:"id"`
	At        string          `json:"at"`
	Kind      string          `json:"kind"`
	Actor     string          `json:"actor"`
	Subject   string          `json:"subject"`
	SessionID string          `json:"session_id"`
	ClientID  string          `json:"client_id"`
	IP        string          `json:"ip"`
	RequestID string          `json:"request_id"`
	Detail    json.RawMessage `json:"detail"`
}

// EventOf returns e as in answers.
func EventOf(e store.AuditEvent) Event {
	detail := json.RawMessage(e.Detail)
	if !json.Valid(detail) {
		detail = json.RawMessage("{}")
	}
	return Event{
		ID: e.ID, At: e.At.UTC().Format("2006-01-02T15:04:05.000Z"), Kind: e.Kind, Actor: e.Actor, Subject: e.Subject,
		SessionID: e.SessionID, ClientID: e.ClientID, IP: e.IP, RequestID: e.RequestID, Detail: detail,
	}
}
