// Package fields is between the body of a request and a decision: it holds the values as
// they were sent, field by field, and their faults. A value that was not sent differs from
// an empty one. All wrong values are reported together.
package fields

import "slices"

// The messages that front ends know.
const (
	Required     = "This field is required."
	Blank        = "This field may not be blank."
	Null         = "This field may not be null."
	NotAString   = "Not a valid string."
	NotABoolean  = "Must be a valid boolean."
	NotANumber   = "A valid integer is required."
	NotAList     = "Expected a list of items."
	NotAnObject  = "Expected an object."
	NotSetHere   = "This field may not be set here."
	NullChar     = "Null characters are not allowed."
	AdminGivesIt = "Only an administrator can give this role."
)

// Text is a string as it was sent.
type Text struct {
	Sent  bool
	Value string
	// Problem says why the value sent is not a string; Value is empty then.
	Problem string
}

// Given returns a Text that was sent.
func Given(s string) Text { return Text{Sent: true, Value: s} }

// Is reports whether t is a usable string.
func (t Text) Is() bool { return t.Sent && t.Problem == "" }

// Flag is a boolean as it was sent.
type Flag struct {
	Sent, Value bool
	Problem     string
}

// On returns a Flag that was sent.
func On(v bool) Flag { return Flag{Sent: true, Value: v} }

// Is reports whether f is a usable boolean.
func (f Flag) Is() bool { return f.Sent && f.Problem == "" }

// List is a list of strings as it was sent.
type List struct {
	Sent    bool
	Values  []string
	Problem string
}

// Listed returns a List that was sent.
func Listed(values ...string) List { return List{Sent: true, Values: slices.Clone(values)} }

// Is reports whether l is a usable list.
func (l List) Is() bool { return l.Sent && l.Problem == "" }

// Number is a whole number as it was sent.
type Number struct {
	Sent    bool
	Value   int64
	Problem string
}

// Whole returns a Number that was sent.
func Whole(n int64) Number { return Number{Sent: true, Value: n} }

// Is reports whether n is a usable number.
func (n Number) Is() bool { return n.Sent && n.Problem == "" }
