package client

import (
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// lifetime is the schema of a lifetime.
func lifetime(doc string, most time.Duration) fields.Schema {
	return fields.Schema{
		Type: []string{"integer", "null"}, Minimum: new(int64(0)), Maximum: new(int64(most / time.Second)),
		Description: doc + " From 60 seconds; 0 or `null`: the default of all apps.",
	}
}

// Shown is what the API document says of the attribute in an answer. Lifetimes have
// no bounds there: those of today need not be those of the day when it was set.
func (a Attribute) Shown() fields.Schema {
	shown := a.Schema
	shown.Minimum, shown.Maximum = nil, nil
	return shown
}

// choices says in a help text what a flag takes.
func choices(names []string, standard string) string {
	marked := slices.Clone(names)
	if at := slices.Index(marked, standard); at >= 0 {
		marked[at] += " (default)"
	}
	return fields.Or(marked)
}

// Change returns what differs between two states of a client, but for its secrets;
// After is empty if nothing does.
func Change(was, is store.Client) audit.ClientUpdated {
	changed := audit.ClientUpdated{Before: map[string]any{}, After: map[string]any{}}
	for _, a := range Attributes(nil) {
		if before, after := recorded(a.Kept(&was)), recorded(a.Kept(&is)); before != after {
			changed.Before[a.Name], changed.After[a.Name] = before, after
		}
	}
	return changed
}

// recorded is what an attribute holds, as the record has it.
func recorded(kept any) any {
	switch kept := kept.(type) {
	case *string:
		return *kept
	case *bool:
		return *kept
	case *[]string:
		return strings.Join(*kept, " ")
	case *time.Duration:
		return kept.String()
	}
	return nil
}
