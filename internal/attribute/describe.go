package attribute

import (
	"slices"
	"time"

	"gatehouse/internal/fields"
)

// Lifetime returns the schema of a lifetime. Instead is what 0 and null stand for.
func Lifetime(doc string, most time.Duration, instead string) fields.Schema {
	return fields.Schema{
		Type: []string{"integer", "null"}, Minimum: new(int64(0)), Maximum: new(int64(most / time.Second)),
		Description: doc + " From 60 seconds; 0 or `null`: " + instead + ".",
	}
}

// Choices lists in a help text the values of a flag.
func Choices(names []string, standard string) string {
	marked := slices.Clone(names)
	if at := slices.Index(marked, standard); at >= 0 {
		marked[at] += " (default)"
	}
	return fields.Or(marked)
}
