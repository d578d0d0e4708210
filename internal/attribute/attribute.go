// Package attribute describes the attributes of a record, a line each. The list of lines
// serves to decode and check requests, to write answers, to record changes, and to make
// the command-line flags and the API document.
package attribute

import "gatehouse/internal/fields"

// An Attribute describes one attribute of a Record, of which callers send an Input.
type Attribute[Input, Record any] struct {
	Name string
	Field[Input, Record]
	Kind Kind
	// Schema is the attribute's schema in the API document. InForm is its schema in a
	// form, if that differs.
	Schema, InForm fields.Schema
	// Example is its value in the example of an answer.
	Example any
	// Flag is the name of its command-line flag, and Usage the flag's help.
	Flag, Usage string
}

// A Kind says how a text is sent.
type Kind int

// The kinds.
const (
	Plain    Kind = iota
	Choice        // one of a few words; a form field left blank counts as absent
	Document      // a JSON object; a file at the command line
	Records       // a JSON list of objects; at the command line, each has a flag
)

// A Field locates an attribute.
type Field[Input, Record any] struct {
	// Sent returns a pointer into an Input: a *fields.Text, *fields.Flag, *fields.List,
	// *fields.Number, or one of the record's own.
	Sent func(*Input) any
	// Kept returns a pointer into a record: a *string, *bool, *[]string, *int,
	// *time.Duration, or one of the record's own.
	Kept func(*Record) any
	// set copies a valid value from the Input to the record, and adds a fault for an
	// invalid one. It is nil if the rule of another attribute sets this one.
	set func(name string, r *Record, in Input, faults *fields.Errors)
}

// Of returns a field with a rule that does not depend on the other fields.
func Of[Input, Record, S, K any](sent func(*Input) *S, kept func(*Record) *K, rule func(to *K, name string, sent S, faults *fields.Errors)) Field[Input, Record] {
	f := Field[Input, Record]{Sent: func(in *Input) any { return sent(in) }, Kept: func(r *Record) any { return kept(r) }}
	if rule != nil {
		f.set = func(name string, r *Record, in Input, faults *fields.Errors) { rule(kept(r), name, *sent(&in), faults) }
	}
	return f
}

// By returns f with a rule that depends on other fields of the record.
func (f Field[Input, Record]) By(rule func(r *Record, in Input, faults *fields.Errors)) Field[Input, Record] {
	f.set = func(_ string, r *Record, in Input, faults *fields.Errors) { rule(r, in, faults) }
	return f
}

// Examine copies what was sent into r, in the order of the list, and adds a fault for each
// value, or combination of values, that is invalid.
func Examine[Input, Record any](list []Attribute[Input, Record], r *Record, in Input, faults *fields.Errors) {
	for _, a := range list {
		if a.set != nil {
			a.set(a.Name, r, in, faults)
		}
	}
}

// Shown returns the attribute's schema in an answer. It leaves out the bounds of
// lifetimes, because other bounds may have applied when the lifetime was set.
func (a Attribute[Input, Record]) Shown() fields.Schema {
	shown := a.Schema
	shown.Minimum, shown.Maximum = nil, nil
	return shown
}
