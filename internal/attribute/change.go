package attribute

import (
	"strings"
	"time"
)

// Changes returns the attributes that differ between two states of a record, in the form
// that the audit trail has.
func Changes[Input, Record any](list []Attribute[Input, Record], was, is Record) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	for _, a := range list {
		if b, n := Recorded(a.Kept(&was)), Recorded(a.Kept(&is)); b != n {
			before[a.Name], after[a.Name] = b, n
		}
	}
	return before, after
}

// Recorded returns what is behind a pointer of Kept in the form that the audit trail has;
// nil for a type that has none.
func Recorded(kept any) any {
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
	case interface{ Recorded() string }:
		return kept.Recorded()
	}
	return nil
}
