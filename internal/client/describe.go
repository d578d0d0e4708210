package client

import (
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

func lifetime(doc string, most time.Duration) fields.Schema {
	return attribute.Lifetime(doc, most, "the default of all apps")
}

// Change returns the difference between two states of a client, except its secrets.
// After is empty if they are equal.
func Change(was, is store.Client) audit.ClientUpdated {
	before, after := attribute.Changes(Attributes(nil), was, is)
	return audit.ClientUpdated{Before: before, After: after}
}
