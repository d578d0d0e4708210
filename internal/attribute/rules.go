package attribute

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"gatehouse/internal/fields"
)

// MaxNameLength bounds, in code points, names that the consent page shows.
const MaxNameLength = 100

// SetName sets a name that people see.
func SetName(to *string, name string, t fields.Text, faults *fields.Errors) {
	switch {
	case t.Problem != "":
		faults.Add(name, t.Problem)
	case t.Sent:
		*to = strings.TrimSpace(t.Value)
		faults.Add(name, LineFaults(t.Value, MaxNameLength)...)
	}
}

// LineFaults returns the faults of a text of one line that people must not take for
// another. White space around it does not count.
func LineFaults(text string, maxLength int) []string {
	switch {
	case strings.TrimSpace(text) == "":
		return []string{fields.Blank}
	case strings.ContainsFunc(text, unshowable) || fields.Surrogates(text) != nil:
		return []string{"A name has no control characters and none that change the direction of writing."}
	}
	return fields.CharFaults(strings.TrimSpace(text), maxLength)
}

// unshowable reports characters that could make the name on a consent page look like
// another one.
func unshowable(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }

// SetOneOf sets one of a few words.
func SetOneOf(words []string) func(*string, string, fields.Text, *fields.Errors) {
	return func(to *string, name string, t fields.Text, faults *fields.Errors) {
		switch {
		case t.Problem != "":
			faults.Add(name, t.Problem)
		case t.Sent && !slices.Contains(words, t.Value):
			faults.Add(name, "Choose "+fields.Or(words)+".")
		case t.Sent:
			*to = t.Value
		}
	}
}

// SetSomeOf sets a list of some of a few words.
func SetSomeOf(words []string) func(*[]string, string, fields.List, *fields.Errors) {
	return func(to *[]string, name string, l fields.List, faults *fields.Errors) {
		unknown := func(word string) bool { return !slices.Contains(words, word) }
		switch {
		case l.Problem != "":
			faults.Add(name, l.Problem)
		case slices.ContainsFunc(l.Values, unknown):
			faults.Add(name, "Choose from "+strings.Join(words, ", ")+".")
		case l.Sent:
			*to = Distinct(l.Values)
		}
	}
}

// SetFlag sets a flag.
func SetFlag(to *bool, name string, f fields.Flag, faults *fields.Errors) {
	if f.Problem != "" {
		faults.Add(name, f.Problem)
	} else if f.Sent {
		*to = f.Value
	}
}

// A Bound is the longest lifetime allowed, and the reason if it is not obvious.
type Bound struct {
	Is  time.Duration
	Why string
}

// SetLifetime sets a lifetime of at most most.
func SetLifetime(most Bound) func(*time.Duration, string, fields.Number, *fields.Errors) {
	const least = time.Minute
	return func(to *time.Duration, name string, n fields.Number, faults *fields.Errors) {
		switch {
		case n.Problem != "":
			faults.Add(name, n.Problem)
		case !n.Sent:
		case n.Value != 0 && (n.Value < int64(least/time.Second) || n.Value > int64(most.Is/time.Second)):
			faults.Add(name, fmt.Sprintf("Give a number of seconds from %d to %d%s, or 0 for the default.", int64(least/time.Second), int64(most.Is/time.Second), most.Why))
		default:
			*to = time.Duration(n.Value) * time.Second
		}
	}
}

// Distinct returns the values, each once, in their order.
func Distinct(values []string) []string {
	kept := []string{}
	for _, v := range values {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}
