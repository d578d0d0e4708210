package client

import (
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// lifetime returns the schema of a lifetime.
func lifetime(doc string, most time.Duration) fields.Schema {
	return fields.Schema{
		Type: []string{"integer", "null"}, Minimum: new(int64(0)), Maximum: new(int64(most / time.Second)),
		Description: doc + " From 60 seconds; 0 or `null`: the default of all apps.",
	}
}

// Shown returns the attribute's schema in an answer. It leaves out the bounds of
// lifetimes, because other bounds may have applied when the lifetime was set.
func (a Attribute) Shown() fields.Schema {
	shown := a.Schema
	shown.Minimum, shown.Maximum = nil, nil
	return shown
}

// choices lists in a help text the values of a flag.
func choices(names []string, standard string) string {
	marked := slices.Clone(names)
	if at := slices.Index(marked, standard); at >= 0 {
		marked[at] += " (default)"
	}
	return fields.Or(marked)
}

// Change returns the difference between two states of a client, except its secrets.
// After is empty if they are equal.
func Change(was, is store.Client) audit.ClientUpdated {
	changed := audit.ClientUpdated{Before: map[string]any{}, After: map[string]any{}}
	for _, a := range Attributes(nil) {
		if before, after := recorded(a.Kept(&was)), recorded(a.Kept(&is)); before != after {
			changed.Before[a.Name], changed.After[a.Name] = before, after
		}
	}
	return changed
}

// recorded returns an attribute's value in the form that the audit trail has.
func recorded(kept any) any {
	switch kept := kept.(type) {
	case *string:
		return *kept
	case *bool:
		return *kept
	case *[]string:
		return strings.Join(*kept, " ")
	case *int:
		return *kept
	case *time.Duration:
		return kept.String()
	}
	return nil
}
